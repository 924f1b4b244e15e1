import type { FastifyReply } from 'fastify'
import { type Price, VISIBILITIES } from '#domain/catalogue'
import type { OwnPackage } from '#domain/offers'
import { amountText, minorUnitsIn } from '#kernel/money'
import { EDITIONS, type Edition } from '#kernel/schemas'
import { button } from '../components/button.ts'
import { radioCards } from '../components/choice.ts'
import { field, select } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { pathOf } from './paths.ts'
import { formFields } from './visit.ts'
import { MODEL_WORDS, VISIBILITY_WORDS } from './words.ts'

/** A form that was refused: what is wrong, and what the person typed. */
export interface Wrong {
  form: 'texts' | 'prices' | 'visibility'
  message: string
  typed: (name: string) => string
}

export interface OfferForms {
  pack: OwnPackage
  currencies: readonly string[]
  wrong: Wrong | undefined
}

const refusal = (form: Wrong['form'], wrong: Wrong | undefined): Html | false =>
  wrong?.form === form && notice({ tone: 'bad', text: wrong.message })

const valuesOf =
  (form: Wrong['form'], wrong: Wrong | undefined) =>
  (name: string, stored: string): string =>
    wrong?.form === form ? wrong.typed(name) : stored

export function textsForm(reply: FastifyReply, { pack, wrong }: OfferForms): Html {
  const value = valuesOf('texts', wrong)
  return html`<form class="stack" method="post" action="${pathOf(pack.id, 'texts')}">
    <p class="small">What the shop and assistants show.</p>
    ${refusal('texts', wrong)}${formFields(reply, pack)}
    ${field({ name: 'title', label: 'Title', value: value('title', pack.title), maxLength: 100, isRequired: true })}
    ${field({
      name: 'summary',
      label: 'Summary',
      hint: 'One sentence, at most 300 characters. The README of the newest version is shown below it.',
      value: value('summary', pack.summary),
      maxLength: 300,
    })}
    ${button('Save texts', { kind: 'quiet' })}
  </form>`
}

/** The value of the select for an edition that is not sold. */
const NOT_SOLD = 'none'

export function pricesForm(reply: FastifyReply, { pack, currencies, wrong }: OfferForms): Html {
  const value = valuesOf('prices', wrong)
  const used = pack.prices[0]?.currency ?? currencies[0] ?? 'EUR'
  const choices = [...new Set([...currencies, used])].map((code) => ({ value: code, text: code }))
  return html`<form class="stack" method="post" action="${pathOf(pack.id, 'prices')}">
    <p class="small">
      A new price is for new quotes. Orders and licences keep theirs. All paid editions have the same model.
    </p>
    ${refusal('prices', wrong)}${formFields(reply, pack)}
    ${select({ name: 'currency', label: 'Currency', options: choices, chosen: value('currency', used) })}
    ${EDITIONS.map((edition) => {
      const price = pack.prices.find((each) => each.edition === edition)
      return editionFields(edition, {
        model: value(`model_${edition}`, price?.model ?? NOT_SOLD),
        amount: value(`amount_${edition}`, price && price.model !== 'free' ? amountText(price) : ''),
      })
    })}
    ${button('Save prices', { kind: 'quiet' })}
  </form>`
}

const editionFields = (edition: Edition, { model, amount }: { model: string; amount: string }): Html =>
  html`<fieldset>
    <legend>${editionName(edition)}</legend>
    <div class="amounts">
      ${select({
        name: `model_${edition}`,
        label: 'Model',
        options: [
          { value: NOT_SOLD, text: 'Not sold' },
          ...Object.entries(MODEL_WORDS).map(([value, text]) => ({ value, text })),
        ],
        chosen: model,
      })}
      ${field({
        name: `amount_${edition}`,
        label: 'Amount',
        value: amount,
        inputMode: 'decimal',
        autocomplete: 'off',
        maxLength: 12,
      })}
    </div>
  </fieldset>`

export type ParsedPrices = { prices: Price[] } | { message: string }

/** The prices in a form of `pricesForm`, or what is wrong with a field. */
export function pricesIn(texts: (name: string) => string): ParsedPrices {
  const currency = texts('currency')
  const prices: Price[] = []
  for (const edition of EDITIONS) {
    const model = texts(`model_${edition}`)
    const typed = texts(`amount_${edition}`).trim()
    if (model === NOT_SOLD || !isModel(model)) {
      if (typed) return { message: `Choose how ${editionName(edition)} is paid, or leave its amount empty.` }
      continue
    }
    const amountMinor = model === 'free' && !typed ? 0 : minorUnitsIn(typed, currency)
    if (amountMinor === undefined)
      return { message: `Enter the amount for ${editionName(edition)} like 49 or 49.00.` }
    prices.push({ edition, model, amountMinor, currency })
  }
  return { prices }
}

const isModel = (text: string): text is Price['model'] => Object.hasOwn(MODEL_WORDS, text)

export const visibilityForm = (reply: FastifyReply, { pack, wrong }: OfferForms): Html =>
  html`<form class="stack" method="post" action="${pathOf(pack.id, 'visibility')}">
    <p class="small">What was sold stays installable in each case.</p>
    ${refusal('visibility', wrong)}${formFields(reply, pack)}
    ${radioCards({
      name: 'visibility',
      legend: 'Who sees it',
      choices: VISIBILITIES.map((value) => ({
        value,
        text: VISIBILITY_WORDS[value].text,
        hint: VISIBILITY_WORDS[value].hint,
      })),
      chosen: pack.visibility,
    })}
    ${button('Save visibility', { kind: 'quiet' })}
  </form>`
