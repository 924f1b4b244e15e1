import type { FastifyReply } from 'fastify'
import type { Quote } from '#domain/cart'
import { moneyText } from '#kernel/money'
import { button } from '../components/button.ts'
import { table } from '../components/table.ts'
import { dayText, editionName, momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { addForm } from './add-form.ts'

type Line = Quote['lines'][number]

/** A quote with everything that a person has to know before they buy. Writes money as the quote has it. */
export const quoteView = (reply: FastifyReply, quote: Quote, org: string): Html =>
  html`${table({
      caption: 'The price',
      isCaptionHidden: true,
      columns: [{ title: 'Package' }, { title: 'Price', isNumber: true }],
      rows: quote.lines.map((line) => [
        html`<span class="mono">${line.package}</span><br /><span class="small">${whatHappens(line)}</span>`,
        line.price.text,
      ]),
      total: ['Total', quote.total.text],
    })}
    <ul class="small">
      ${notesOn(quote).map((note) => html`<li>${note}</li>`)}
    </ul>
    ${alsoNeeded(reply, quote, org)}`

const day = (iso: string | undefined): Html | undefined => (iso ? dayText(new Date(iso)) : undefined)

function whatHappens(line: Line): Html {
  const { valid_until: until, renews_from: from } = line
  const what = {
    buy: html`Bought for ${editionName(line.edition)},
    ${line.model === 'yearly' ? html`with updates until ${day(until)}` : 'without an end'}`,
    renew: html`Renewed from ${day(from)} to ${day(until)}`,
    use_existing: html`Not bought: a free slot of a licence that the org has is used`,
    already_installed: html`Not bought: the project has it${line.through && html` by ${line.through}`}`,
    covered: html`Not bought: it comes with ${line.through}`,
  }[line.action]
  return line.other_than
    ? html`${what}. It is for ${editionName(line.edition)}, and the project is
      ${editionName(line.other_than)}.`
    : what
}

function notesOn({ lines, saved, for_project: project, expires_at }: Quote): (Html | string)[] {
  const paid = lines.filter(({ price }) => price.amount_minor > 0)
  const vendors = [...Map.groupBy(paid, ({ package: name }) => name.slice(0, name.indexOf('/'))).keys()]
  const isYearly = paid.some(({ model }) => model === 'yearly')
  return [
    project
      ? html`For the ${project.is_new && 'new '}project
          <span class="mono">${project.slug}</span> (${editionName(project.edition)}).`
      : 'For no project: the licences stay with the org until somebody assigns them.',
    ...(saved ? [`What comes with others would cost ${saved.text} more by itself.`] : []),
    ...(vendors.length > 1
      ? [
          `${vendors.length} payments, one for each vendor: ${vendors.join(', ')}. A refused one leaves the others as they are.`,
        ]
      : []),
    ...(isYearly
      ? [
          'A yearly licence does not renew by itself. After it ends you keep every version released until then. You can renew it in its last 60 days or later.',
        ]
      : []),
    html`This price holds until ${momentText(new Date(expires_at))}. Nothing is bought or reserved yet.`,
  ]
}

const alsoNeeded = (
  reply: FastifyReply,
  { alsoNeeds, for_project: project }: Quote,
  org: string,
): Html | false =>
  alsoNeeds.length > 0 &&
  html`<h3>Also needed</h3>
    <p class="small">Without a licence of these, Composer stops for this project.</p>
    <ul class="rows">
      ${alsoNeeds.map(
        ({ package: name, requiredBy, price }) =>
          html`<li>
            <div class="about">
              <p class="mono">${name}</p>
              <p class="small">
                Required by ${requiredBy} ·
                ${price ? moneyText(price) : 'not sold for the edition of the project'}
              </p>
            </div>
            ${
              price &&
              addForm(reply, {
                org,
                name,
                ...(project && { edition: project.edition }),
                button: button('Add', { kind: 'quiet', isSmall: true, fullText: `Add ${name}` }),
              })
            }
          </li>`,
      )}
    </ul>`
