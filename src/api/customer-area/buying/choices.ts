import { createHash } from 'node:crypto'
import { z } from 'zod'
import { newProject } from '#contracts/purchase'
import type { Purchase } from '#domain/cart'
import { canonicalJson } from '#kernel/canonical-json'
import { EDITIONS } from '#kernel/schemas'

/** A field that is missing or sent twice counts as empty. */
const text = z.string().trim().max(300).catch('')
const yes = z
  .literal('yes')
  .optional()
  .catch(undefined)
  .transform((given) => given === 'yes')

/** What a person has chosen for a purchase, in the query of its page and in the form that buys. */
const choices = z.object({
  /** Id or slug, `new`, or `none`. Empty: nothing is chosen yet. */
  project: text,
  new_name: text,
  new_edition: z.enum(EDITIONS).catch('open-source'),
  new_domain: text,
  /** Id. Empty: the org's default card. */
  card: text,
  renew: yes,
  another: yes,
})
export type Choices = z.output<typeof choices>

export const choicesIn = (fields: unknown): Choices => choices.parse(fields ?? {})

/** The input of a purchase, or the error texts of the fields, by name. */
export function purchaseOf(chosen: Choices): { input: Purchase } | { mistakes: Record<string, string> } {
  const { project, card, renew, another } = chosen
  const more = {
    ...(card && { payment_method: card.slice(0, 64) }),
    ...(renew && { renew }),
    ...(another && { force_another: another }),
  }
  if (project !== 'new')
    return { input: { ...(project && project !== 'none' && { project: project.slice(0, 64) }), ...more } }
  const parsed = newProject.safeParse({
    name: chosen.new_name,
    edition: chosen.new_edition,
    ...(chosen.new_domain && { production_domain: chosen.new_domain }),
  })
  if (parsed.success) return { input: { new_project: parsed.data, ...more } }
  const wrong = (field: string) => parsed.error.issues.some(({ path }) => path[0] === field)
  return {
    mistakes: {
      ...(wrong('name') && { new_name: 'Enter a name of at most 100 characters.' }),
      ...(wrong('production_domain') && {
        new_domain: 'Enter a host name in lower case, such as shop.example.',
      }),
    },
  }
}

const pairsOf = (chosen: Choices): [string, string][] =>
  Object.entries(chosen).flatMap(([name, value]): [string, string][] =>
    value === true ? [[name, 'yes']] : value ? [[name, value]] : [],
  )

/** Equal only for choices that buy the same, for the same project, on the same card. */
export const fingerprintOf = (input: Purchase): string =>
  createHash('sha256').update(canonicalJson(input)).digest('base64url').slice(0, 22)

/** The address of the page with these choices. */
export function withChoices(path: string, chosen: Choices, more: Record<string, string> = {}): string {
  const query = new URLSearchParams([...pairsOf(chosen), ...Object.entries(more)]).toString()
  return query ? `${path}?${query}` : path
}
