import { NAME_FAULTS } from '#kernel/look-alikes'
import {
  anyProjectName,
  EDITIONS,
  type Edition,
  edition,
  productionDomain,
  projectName,
} from '#kernel/schemas'
import { field, select } from '../components/field.ts'
import { errorSummary } from '../components/notice.ts'
import { editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Mistake } from './visit.ts'

/** The fields of a project as they were typed. */
export interface Typed {
  name: string
  edition: string
  domain: string
}

export const typedIn = (texts: (name: string) => string): Typed => ({
  name: texts('name'),
  edition: texts('edition'),
  domain: texts('domain').toLowerCase(),
})

interface Given {
  name: string
  edition: Edition
  productionDomain: string
}

/** The fields, or what a person has to correct. `naming`: the rule for the name. */
export function givenIn(typed: Typed, naming = projectName): { given: Given } | { mistake: Mistake } {
  const wrong = (field: string, message: string) => ({ mistake: { code: 'invalid_input', field, message } })
  const name = naming.safeParse(typed.name)
  if (!name.success) return wrong('name', faultOf(typed.name))
  const chosen = edition.safeParse(typed.edition)
  if (!chosen.success) return wrong('edition', 'Choose an edition.')
  if (typed.domain && !productionDomain.safeParse(typed.domain).success)
    return wrong('domain', 'A domain is a host name, such as shop.example.')
  return { given: { name: name.data, edition: chosen.data, productionDomain: typed.domain } }
}

const faultOf = (name: string): string =>
  anyProjectName.safeParse(name).success ? NAME_FAULTS.mixed : 'A name has 1 to 100 characters.'

/** The fields of the form of a project. */
export function projectFields(typed: Typed, mistake?: Mistake): Html {
  const errorOf = (name: string) => (mistake && mistake.field === name ? mistake.message : undefined)
  const error = mistake && { name: mistake.field ?? 'name', error: mistake.message }
  return html`${errorSummary(error ? [error] : [])}
  ${field({
    name: 'name',
    label: 'Name',
    hint: 'As you call the shop, such as “Acme live”. Your assistant uses it, too.',
    value: typed.name,
    maxLength: 100,
    isRequired: true,
    error: errorOf('name'),
  })}
  ${select({
    name: 'edition',
    label: 'Magento edition',
    options: EDITIONS.map((value) => ({ value, text: editionName(value) })),
    chosen: typed.edition,
    error: errorOf('edition'),
  })}
  ${field({
    name: 'domain',
    label: 'Production domain',
    hint: 'Where the shop runs, such as shop.example. You may leave it empty.',
    value: typed.domain,
    maxLength: 253,
    error: errorOf('domain'),
  })}`
}
