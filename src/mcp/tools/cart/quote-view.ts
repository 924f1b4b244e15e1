import type { Quote } from '#domain/cart'
import { moneyText } from '#kernel/money'
import { shownMoney } from '#kernel/schemas'
import { nextStepAfter } from '../../call/next-steps.ts'

/** A quote as a model reads it, with what to say to the user. A refusal by the spending limits has its next step. */
export function shownQuote(quoted: Quote) {
  const { spending, alsoNeeds, saved, for_project, card, ...quote } = quoted
  return {
    ...quote,
    ...(saved && { saved }),
    ...(for_project && { for_project }),
    ...(card && { card }),
    ...(alsoNeeds.length && {
      also_needs: alsoNeeds.map(({ package: name, requiredBy, price }) => ({
        package: name,
        required_by: requiredBy,
        ...(price && { price: shownMoney(price) }),
      })),
    }),
    notes: notesOn(quoted),
    ...(spending && { spending: shownSpending(spending) }),
  }
}

function shownSpending({ left, refusal }: NonNullable<Quote['spending']>) {
  const refused = refusal && {
    code: refusal.code,
    message: refusal.message,
    next_step: nextStepAfter(refusal),
  }
  return { left, ...(refused && { refused }) }
}

/** What a user has to know before a yes, in sentences. */
function notesOn({ lines, saved, for_project, card, alsoNeeds, total }: Quote): string[] {
  return [
    'Nothing was bought or reserved.',
    for_project
      ? `For the ${for_project.is_new ? 'new project' : 'project'} ${for_project.slug} (${for_project.edition}).`
      : 'For no project: the licences stay with the org.',
    ...(total.amount_minor ? [cardNote(card)] : []),
    ...lines.flatMap(lineNotes),
    ...(saved ? [`What comes with others would cost ${saved.text} more by itself.`] : []),
    ...(lines.some(({ action, model }) => (action === 'buy' || action === 'renew') && model === 'yearly')
      ? [YEARLY]
      : []),
    ...alsoNeeds.map(
      ({ package: name, requiredBy, price }) =>
        `${requiredBy} requires ${name}, which the project has no licence of (${price ? moneyText(price) : 'not sold for its edition'}): without it Composer stops with 402.`,
    ),
  ]
}

const YEARLY =
  'A yearly licence does not renew by itself: after it ends the org keeps every version released until then. renew: true adds a year, in its last 60 days or later.'

function cardNote(card: string | undefined): string {
  if (card === undefined) return 'The card is chosen by who may buy.'
  return card === 'none' ? 'The org has no card: a purchase waits until the user adds one.' : `Card: ${card}.`
}

function lineNotes(line: Quote['lines'][number]): string[] {
  const { package: name, action, licence, through, price, edition, other_than, model } = line
  const what = {
    buy: `${name} would be bought: ${price.text}, ${model === 'yearly' ? `until ${line.valid_until}` : 'without an end'}.`,
    renew: `${name} would be renewed: ${price.text}, from ${line.renews_from} to ${line.valid_until}.`,
    use_existing: `${name} would not be bought: a free slot of licence ${licence} is used.`,
    already_installed: `${name} would not be bought: the project has it${through ? ` by ${through}` : ''}.`,
    covered: `${name} would not be bought: it comes with ${through}.`,
  }[action]
  if (!other_than) return [what]
  const other = `${name} is for ${edition}, and the project is ${other_than}: only with accept_other_edition: true.`
  return [what, other]
}
