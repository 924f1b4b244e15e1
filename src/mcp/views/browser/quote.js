import {
  askButton,
  buttons,
  cardText,
  code,
  dateText,
  el,
  facts,
  heading,
  badge,
  named,
  notice,
  table,
  timeText,
} from './elements.js'

/** What a line of a quote means. */
const ACTIONS = {
  buy: ({ model, valid_until }) =>
    model === 'yearly' ? `New licence until ${dateText(valid_until)}` : 'New licence without an end',
  renew: ({ renews_from: from, valid_until }) =>
    `Renewal ${from ? `from ${dateText(from)} ` : ''}until ${dateText(valid_until)}`,
  use_existing: () => 'A free slot of your licence is used',
  already_installed: ({ through }) => `The project has it already${through ? ` by ${through}` : ''}`,
  covered: ({ through }) => `Comes with ${through ?? 'another package'}`,
}

/**
 * The elements of a quote, without its `notes`, which say the same in the words of a model. It has no button that buys:
 * the person says yes to the assistant.
 */
export function quoteElements(quote, org) {
  const { total, lines = [], for_project: project, expires_at, saved } = quote
  return [
    heading(`Quote for ${org}`, badge('Nothing is bought yet')),
    table('Packages and prices', ['Package', 'Price'], lines.map(lineOf), ['Total', total?.text ?? '']),
    facts([
      [
        'Project',
        project
          ? `${project.slug}${project.is_new ? ' (new)' : ''}, ${editionText(project.edition)}`
          : 'None: the licences stay with the org',
      ],
      ['Card', cardOf(quote)],
      ['You save', saved?.text],
      ['Price holds until', expires_at && timeText(expires_at)],
    ]),
    ...warnings(quote),
    lines.some(endsByItself) &&
      el(
        'p',
        {},
        'A yearly licence does not renew by itself. After it ends you keep every version released until then.',
      ),
    el('p', { class: 'about' }, 'To buy, answer your assistant in the conversation. This page cannot buy.'),
    buttons(askButton('Ask about this quote', questionAbout(lines, total, org))),
  ]
}

/** Nothing for a quote that costs nothing, and for an org without a card, about which there is a warning. */
function cardOf({ card, total }) {
  if (card === 'none' || (card === undefined && !total?.amount_minor)) return undefined
  return card === undefined ? 'Whoever may buy chooses it' : cardText(card)
}

const endsByItself = ({ action, model }) => model === 'yearly' && (action === 'buy' || action === 'renew')

function lineOf(line) {
  const { package: name, action, price, edition, other_than } = line
  const what = ACTIONS[action]?.(line) ?? String(action ?? '')
  const other = other_than && `For ${editionText(edition)}, but the project is ${editionText(other_than)}`
  return [el('span', {}, ...named(name, what, other)), price?.text ?? '']
}

function warnings({ card, also_needs: needs = [], spending, lines = [] }) {
  const refused = spending?.refused
  return [
    refused && notice('bad', 'Your assistant may not spend this', el('p', {}, refused.message)),
    card === 'none' &&
      notice('warn', 'The org has no card', el('p', {}, 'A purchase waits until you add one.')),
    lines.some(({ other_than }) => other_than) &&
      notice('warn', 'A package is for another edition', el('p', {}, 'It is bought only if you say so.')),
    needs.length > 0 &&
      notice(
        'warn',
        'More is needed to install this',
        el(
          'ul',
          {},
          needs.map(({ package: name, required_by, price }) =>
            el(
              'li',
              {},
              code(name),
              ` is required by ${required_by}${price ? ` (${price.text})` : ', and not sold for this edition'}`,
            ),
          ),
        ),
      ),
  ]
}

const EDITIONS = {
  'open-source': 'Magento Open Source',
  commerce: 'Adobe Commerce',
  'commerce-cloud': 'Adobe Commerce Cloud',
}
const editionText = (edition) => EDITIONS[edition] ?? String(edition ?? '')

/** A question, and never a yes: only an answer in the conversation allows a purchase. */
const questionAbout = (lines, total, org) =>
  `I am looking at the quote for ${lines.map((line) => line.package).join(', ')} (${total?.text ?? 'no price'}) in ${org}. Explain it to me. This is not a yes to buy.`
