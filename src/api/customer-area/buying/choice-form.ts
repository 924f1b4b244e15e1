import type { ListedCard } from '#domain/billing'
import type { ListedProject } from '#domain/projects'
import { button } from '../components/button.ts'
import { checkboxRow } from '../components/choice.ts'
import { field, select } from '../components/field.ts'
import { editionName } from '../components/text.ts'
import { EDITIONS } from '#kernel/schemas'
import { html, type Html } from '../html.ts'
import type { Choices } from './choices.ts'
import { ANOTHER, CART, RENEW } from './own-steps.ts'

/** With more projects the form has a text field instead of a list. */
export const MOST_PROJECTS = 100

export interface ChoiceForm {
  chosen: Choices
  mistakes: Record<string, string>
  /** At most `MOST_PROJECTS` and one more. Undefined for a role that may not install on a project. */
  projects: readonly ListedProject[] | undefined
  /** Undefined for a role that may not buy. */
  cards: readonly ListedCard[] | undefined
}

/** The id of the form with the choices. Its own button reads the price, and the button that buys posts it. */
export const CHOICES = 'choices'

/** For which project, on which card, and how. By itself it is a GET and changes nothing. `more`: what else the buyer sends. */
export const choiceForm = (form: ChoiceForm, more: Html | false): Html =>
  html`<form class="stack" id="${CHOICES}" method="get" action="${CART}">
    ${more} ${form.projects ? projectFields(form, form.projects) : unassigned}
    ${cardField(form.chosen.card, form.cards ?? [])}
    ${checkboxRow({
      name: 'renew',
      value: 'yes',
      isChecked: form.chosen.renew,
      text: RENEW,
      hint: 'Adds a year to its yearly licences of these packages, instead of leaving them as they are.',
    })}
    ${checkboxRow({
      name: 'another',
      value: 'yes',
      isChecked: form.chosen.another,
      text: ANOTHER,
      hint: 'Also buys packages that another licence covers, or that another purchase is buying now.',
    })}
    ${button('Show the price', { kind: 'quiet' })}
  </form>`

const unassigned: Html = html`<p class="small">
  Your role does not install on projects: the licences stay with the org until an owner, admin or developer
  assigns them.
</p>`

function projectFields({ chosen, mistakes }: ChoiceForm, projects: readonly ListedProject[]): Html {
  const isLong = projects.length > MOST_PROJECTS
  return html`${
      isLong
        ? field({
            name: 'project',
            label: 'Project',
            hint: 'Its slug or id. Write “new” to create one, or nothing if the licences stay with the org.',
            value: chosen.project === 'none' ? '' : chosen.project,
            autocomplete: 'off',
            maxLength: 64,
          })
        : select({
            name: 'project',
            label: 'Project',
            options: [
              // not the slug, which could be `new`
              ...projects.map(({ id, name, edition }) => ({
                value: id,
                text: `${name} (${editionName(edition)})`,
              })),
              { value: 'new', text: 'A new project' },
              { value: 'none', text: 'No project yet' },
            ],
            chosen: chosen.project || 'none',
          })
    }
    <fieldset class="of-new">
      <legend class="visually-hidden">The new project</legend>
      ${field({
        name: 'new_name',
        label: 'Name of the new project',
        value: chosen.new_name,
        error: mistakes['new_name'],
        maxLength: 100,
      })}
      ${select({
        name: 'new_edition',
        label: 'Magento edition',
        options: EDITIONS.map((value) => ({ value, text: editionName(value) })),
        chosen: chosen.new_edition,
      })}
      ${field({
        name: 'new_domain',
        label: 'Production domain',
        hint: 'Not needed. Such as shop.example.',
        value: chosen.new_domain,
        error: mistakes['new_domain'],
        maxLength: 253,
      })}
    </fieldset>`
}

/** The card that a page shows and charges: the chosen one, or else the default. Empty when none can be charged. */
export function cardShown(chosen: string, cards: readonly ListedCard[]): string {
  const usable = cards.filter(({ isRefused }) => !isRefused)
  const card =
    usable.find(({ id }) => id === chosen) ?? usable.find(({ isDefault }) => isDefault) ?? usable[0]
  return card?.id ?? ''
}

/** The cards that can be charged. */
export function cardField(chosen: string, cards: readonly ListedCard[]): Html | false {
  const usable = cards.filter(({ isRefused }) => !isRefused)
  if (!usable.length) return false
  return select({
    name: 'card',
    label: 'Card',
    options: usable.map(({ id, brand, last4, expMonth, expYear }) => ({
      value: id,
      text: `${brandName(brand)} ···· ${last4}, expires ${String(expMonth).padStart(2, '0')}/${expYear}`,
    })),
    chosen: cardShown(chosen, cards),
  })
}

/** Such as `Visa ···· 4242`, of the name `visa 4242`. */
export function cardText(name: string): string {
  const [, brand = name, last4 = ''] = /^(.*) (\S+)$/.exec(name) ?? []
  return `${brandName(brand)} ···· ${last4}`
}

/** Capitalises the provider's names, such as `visa` and `american_express`. */
const brandName = (brand: string): string =>
  brand.charAt(0).toUpperCase() + brand.slice(1).replaceAll('_', ' ')
