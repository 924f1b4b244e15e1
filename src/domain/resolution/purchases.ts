import type { PurchaseInput } from '#contracts/purchase-and-install-package'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { type Edition, MOST_PACKAGES } from '#kernel/schemas'
import { quotePackages } from '#domain/cart'
import { may, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import type { Option } from './options.ts'

export type Quote = Awaited<ReturnType<typeof quotePackages>>

/** The input of a purchase that gets a part of the set, and its quote, or why it has none. */
export interface QuotedPurchase {
  input: Pick<PurchaseInput, 'packages' | 'project' | 'new_project' | 'renew'>
  quote: Quote | undefined
  refusal: Refusal | undefined
  /** How many packages of the set do not fit into one purchase. */
  left: number
}

export interface PurchasesWanted {
  org: OrgAccess
  edition: Edition
  project: string | undefined
  newProject: PurchaseInput['new_project']
  at: Date
  /** Without it nothing is quoted. */
  quoteKey?: Buffer | undefined
  spender?: Parameters<typeof quotePackages>[1]['spender']
}

/**
 * The purchases that get the chosen set: one that buys and one that renews, because a purchase does one of both, and one for
 * each currency. Free slots of the org go with the first. Without a project there is none, unless the role needs no project.
 */
export async function purchasesOf(
  db: Db,
  options: readonly Option[],
  wanted: PurchasesWanted,
): Promise<QuotedPurchase[]> {
  const { project, newProject, org, quoteKey } = wanted
  if (!quoteKey) return []
  if (!project && !newProject && may(org.role, 'activate_licences')) return []
  const free = options.filter(({ kind }) => kind === 'activate')
  const groups = (kind: Option['kind']) => [
    ...Map.groupBy(
      options.filter((option) => option.kind === kind),
      ({ price }) => price.currency,
    ).values(),
  ]
  const [first = [], ...others] = groups('buy')
  const bought = first.length ? [[...free, ...first], ...others] : []
  const purchases: QuotedPurchase[] = []
  for (const group of [...bought, ...groups('renew')])
    purchases.push(await quoted(db, group, { ...wanted, quoteKey }))
  return purchases
}

async function quoted(
  db: Db,
  group: readonly Option[],
  wanted: PurchasesWanted & { quoteKey: Buffer },
): Promise<QuotedPurchase> {
  const { project, newProject, edition, ...about } = wanted
  const isRenewal = group.some(({ kind }) => kind === 'renew')
  const names = group.slice(0, MOST_PACKAGES).map((option) => option.package)
  const hasProject = project !== undefined || newProject !== undefined
  const input: QuotedPurchase['input'] = {
    packages: hasProject ? names : names.map((name) => ({ package: name, edition })),
    ...(project !== undefined && { project }),
    ...(newProject && { new_project: { ...newProject, edition } }),
    ...(isRenewal && { renew: true }),
  }
  const left = group.length - names.length
  try {
    return { input, quote: await quotePackages(db, { ...about, input }), refusal: undefined, left }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { input, quote: undefined, refusal: asRefusal(error), left }
  }
}
