import { z } from 'zod'
import type { Known } from '#kernel/contract'
import {
  authJson,
  composerRepository,
  EDITIONS,
  edition,
  money,
  MOST_PACKAGES,
  packageName,
  pickup,
  productionDomain,
  projectName,
} from '#kernel/schemas'

/** Packages by name. Each may name an edition; the default is the project's. */
export const wantedPackages = z
  .array(z.union([packageName, z.strictObject({ package: packageName, edition: z.enum(EDITIONS) })]))
  .min(1)
  .max(MOST_PACKAGES)

export const newProject = z.strictObject({
  name: projectName,
  edition: edition.optional().describe('Default: open-source'),
  production_domain: productionDomain.optional(),
})

/** What a person has to say before a purchase does it. */
export const choices = {
  renew: z.boolean().optional().describe('Adds a year'),
  accept_other_edition: z.boolean().optional(),
  force_another: z.boolean().optional(),
}

/** The canonical input of the choices: `false` is the same as nothing. */
export const canonicalChoices = (chosen: { [Choice in keyof typeof choices]?: boolean | undefined }) => ({
  renew: chosen.renew || undefined,
  accept_other_edition: chosen.accept_other_edition || undefined,
  force_another: chosen.force_another || undefined,
})

/** The canonical input of a new project, with the default edition filled in. */
export const withEdition = (project: z.output<typeof newProject> | undefined) =>
  project && { ...project, edition: project.edition ?? 'open-source' }

const licence = z.looseObject({
  id: z.string(),
  package: z.string(),
  edition,
  outcome: z
    .enum(['bought', 'renewed', 'used_existing', 'already_installed', 'covered'])
    .describe('used_existing: a free slot of a licence the org had; already_installed: nothing to do'),
  activated: z.boolean().describe('Whether the project may install it now'),
  valid_until: z.string().optional().describe('Yearly licences: end of the paid window, ISO UTC'),
})

export const quotedLine = z.looseObject({
  package: z.string(),
  edition,
  model: z.enum(['free', 'one_time', 'yearly']),
  action: z.enum(['buy', 'renew', 'use_existing', 'already_installed', 'covered']),
  price: money,
})

/** What a quote says about the spending limits of the connection that asks. */
export const quotedSpending = z.looseObject({
  left: money.describe('The most that the next purchase of this connection may cost'),
  refused: z.looseObject({ code: z.string(), message: z.string(), next_step: z.string() }).optional(),
})

/** What a quote says beside its price. The lists of tools are short, so they declare only what every quote has. */
export const quoted = {
  lines: z.array(quotedLine).optional(),
  notes: z.array(z.string()).optional().describe('For the user, before a yes'),
  spending: quotedSpending.optional(),
}

const refusedLine = z.looseObject({
  vendor: z.string(),
  packages: z.array(z.string()),
  code: z.string(),
  message: z.string(),
})

/** The output of every story that buys. */
export const purchased = z.looseObject({
  order_id: z.string().optional(),
  total: money.describe('What was paid'),
  licences: z.array(licence).optional(),
  refused: z.array(refusedLine).optional().describe('Vendors whose packages were not bought, and why'),
  project: z.string().optional(),
  auth_json: authJson.optional().describe('Put it beside composer.json'),
  pickup: pickup.optional().describe('Instead of auth_json'),
  repository: composerRepository.optional(),
  composer_commands: z.array(z.string()).optional(),
})

/** The result of a purchase as its operation stores it. Never a secret. */
export type PurchaseOutcome = Omit<Known<z.input<typeof purchased>>, 'auth_json' | 'pickup'> & {
  /** Packages that Composer asks for, and that the project may not install. */
  also_needs?: Array<{ package: string; required_by: string; price?: z.input<typeof money> }>
  /** The keys of the project that work, newest first. */
  live_keys?: Array<{ public_key: string; works_until?: string }>
}
