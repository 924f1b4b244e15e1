import { searchPackages } from '#domain/catalogue'
import { accessesOf, accessTo, mayUse } from '#domain/orgs'
import { projectsFor } from '#domain/projects'
import { DomainError } from '#kernel/errors'
import { isStorable } from '../call/refusal.ts'
import { type Context, needOf } from '../call/tool.ts'
import listProjectsTool from '../tools/projects/list-projects.ts'

/** How many values one answer has. The protocol allows 100, but nobody reads so many. */
const MOST = 20
const LONGEST_VALUE = 200

export interface Typed {
  /** The name of the argument. */
  argument: string
  /** What the person has typed so far. */
  value: string
  /** The arguments that are filled in already. */
  filled: Readonly<Record<string, string>>
}

/** A type and not an interface, because the SDK needs its index signature. */
export type Completions = {
  values: string[]
  hasMore: boolean
}

const NOTHING: Completions = { values: [], hasMore: false }

/**
 * Completes an argument of a prompt by the names that begin with what was typed, and then by those that contain it, each
 * in order. It shows what the lists show to this caller, and nothing for an org or a project of others. Each completion
 * reads at most one page.
 */
export async function complete({ argument, value, filled }: Typed, context: Context): Promise<Completions> {
  const read = SOURCES.get(argument)
  const containing = value.trim().toLowerCase()
  if (!read || containing.length > LONGEST_VALUE || !isStorable(containing)) return NOTHING
  const names = await read({ containing, limit: MOST + 1, org: filled['org'] || undefined }, context)
  return { values: names.slice(0, MOST), hasMore: names.length > MOST }
}

interface Wanted {
  containing: string
  limit: number
  /** Slug or id. Default: the active org. */
  org: string | undefined
}

const SOURCES = new Map<string, (wanted: Wanted, context: Context) => Promise<string[]>>([
  ['package', packageNames],
  ['project', projectSlugs],
  ['org', orgSlugs],
])

async function packageNames({ containing, limit }: Wanted, { db }: Context): Promise<string[]> {
  const found = await searchPackages(db, { containing, limit })
  return found.map(({ name }) => name)
}

async function projectSlugs({ containing, limit, org }: Wanted, context: Context): Promise<string[]> {
  const { db } = context
  const access = await orgOf(org, context)
  if (!access || !mayUse(access, needOf(listProjectsTool))) return []
  return (await projectsFor(db, access, { containing, limit })).map(({ slug }) => slug)
}

/** Undefined for an org that the caller does not know, because a completion refuses nothing. */
async function orgOf(ref: string | undefined, { db, caller, activeOrg }: Context) {
  if (ref === undefined) return activeOrg
  if (!isStorable(ref)) return undefined
  return accessTo(db, caller.customer, ref).catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === 'not_found') return undefined
    throw error
  })
}

async function orgSlugs({ containing, limit }: Wanted, { db, caller }: Context): Promise<string[]> {
  const orgs = await accessesOf(db, caller.customer)
  const slugs = orgs
    .map(({ slug }) => slug)
    .filter((slug) => slug.includes(containing))
    .toSorted()
  const begins = Object.groupBy(slugs, (slug) => String(slug.startsWith(containing)))
  return [...(begins['true'] ?? []), ...(begins['false'] ?? [])].slice(0, limit)
}
