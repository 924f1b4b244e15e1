import { askWhatNext, cardText, code, dateText, el, facts, named, notice, table } from './elements.js'

/** What a licence of a purchase became. */
const OUTCOMES = {
  bought: 'Bought',
  renewed: 'Renewed',
  used_existing: 'A free slot was used',
  already_installed: 'Was there already',
  covered: 'Comes with another package',
}

/** The elements of the result of a story. Keys are never among them: they are for the assistant. */
export function resultElements(result = {}) {
  if (result.licences || result.order_id) return purchaseElements(result)
  if (result.repositories) return result.repositories.flatMap(publicationElements)
  if (result.package_id) return publicationElements(result)
  const { payment_method: card } = result
  return [
    facts([
      ['Vendor', result.vendor && code(result.vendor)],
      [
        'Git hosts',
        (result.integrations ?? result.git_integrations)
          ?.map(({ host, account }) => `${account} at ${host}`)
          .join(', '),
      ],
      ['Card', card && cardText(`${card.brand} ${card.last4}`)],
    ]),
    result.next_steps?.length > 0 && askWhatNext(),
  ]
}

function purchaseElements({ total, licences = [], refused = [], project, order_id }) {
  return [
    table('Licences', ['Package', 'Until'], licences.map(licenceOf), ['Paid', total?.text ?? '']),
    ...refused.map(({ packages, message }) =>
      notice('bad', `Not bought: ${packages.join(', ')}`, el('p', {}, message)),
    ),
    facts([
      ['Project', project && code(project)],
      ['Order', order_id && code(order_id)],
    ]),
  ]
}

function licenceOf({ package: name, outcome, activated, valid_until }) {
  const about = [OUTCOMES[outcome] ?? outcome, activated ? 'ready to install' : 'not active on a project']
  return [el('span', {}, ...named(name, about.join(', '))), valid_until ? dateText(valid_until) : 'No end']
}

const PUBLICATIONS = {
  published: 'Published',
  already_published: 'Published before',
  would_be_published: 'Would be published',
  refused: 'Refused',
}

function publicationElements({
  repository,
  package: name,
  outcome,
  versions = [],
  more_versions = 0,
  skipped = [],
  error,
}) {
  const count = versions.length + more_versions
  const title = [PUBLICATIONS[outcome], name ?? repository].filter(Boolean).join(': ')
  return [
    notice(
      error ? 'bad' : 'good',
      title,
      error && el('p', {}, error.message),
      error?.next_step && askWhatNext(),
      count > 0 &&
        el(
          'p',
          {},
          `${count} ${count === 1 ? 'version' : 'versions'}: ${versions.map(({ version }) => version).join(', ')}`,
        ),
      list(skipped.map(({ tag, message }) => `${tag}: ${message}`)),
    ),
  ]
}

const list = (texts = []) =>
  texts.length > 0 &&
  el(
    'ul',
    {},
    texts.map((text) => el('li', {}, text)),
  )
