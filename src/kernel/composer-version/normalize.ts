// Parses versions as Composer does: https://getcomposer.org/doc/articles/versions.md. ASCII only, as in PHP.
import { LONGEST } from './compare.ts'
import { ALIAS, END, MODIFIER, SPACE, STABILITIES, trim } from './patterns.ts'
import { NEWEST, type Reading } from './reading.ts'

export type Stability = 'stable' | 'RC' | 'beta' | 'alpha' | 'dev'

export class InvalidVersion extends Error {
  constructor() {
    super('Composer cannot read this version.')
  }
}

const CLASSICAL = new RegExp(String.raw`^v?(\d{1,5})(\.\d+)?(\.\d+)?(\.\d+)?${MODIFIER}${END}`, 'i')
const STABILITY_AT_END = new RegExp(String.raw`${MODIFIER}(?:\+[^\n]*)?${END}`, 'i')
const FLAG = new RegExp(`@(?:${STABILITIES})${END}`, 'i')
const BUILD = new RegExp(String.raw`^([^,${SPACE}+]+)\+[^${SPACE}]+${END}`)
const DEV_AT_END = new RegExp(String.raw`([^\n]*?)[.-]?dev${END}`, 'i')
const NUMERIC_BRANCH = /^v?(\d+)(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?(\.(?:\d+|[x*]))?$/i

/**
 * Returns four numbers and a suffix, such as `1.2.0.0-beta1`, or `dev-` and a branch. Throws `InvalidVersion`.
 */
export function normalize(version: string, reading: Reading = NEWEST): string {
  if (version.length > LONGEST) throw new InvalidVersion()
  let text = trim(version)
  text = ALIAS.exec(text)?.[1] ?? text
  text = text.replace(FLAG, '')
  if (['master', 'trunk', 'default'].includes(text)) return `dev-${text}`
  if (/^dev-/i.test(text)) return `dev-${text.slice(4)}`
  text = BUILD.exec(text)?.[1] ?? text
  return normalizeRelease(text, reading) ?? normalizeNumericBranch(text)
}

/** `1.x` → `1.9999999.9999999.9999999-dev`; any other name → `dev-` and the name. */
export function normalizeBranch(branch: string): string {
  const name = trim(branch)
  const numeric = NUMERIC_BRANCH.exec(name)
  if (!numeric) return `dev-${name}`
  const parts = [1, 2, 3, 4].map((i) => (numeric[i] ?? '.x').replace(/[x*]/i, '9999999'))
  return `${parts.join('')}-dev`
}

/** The numbers at the start of a numeric branch, such as `1.2.` of `1.2.x-dev`. Undefined for any other branch. */
export function numericAliasPrefix(branch: string): string | undefined {
  const numbers = /^(\d+(?:\.\d+)*)(?:\.x)?-dev(?=\n?$)/i.exec(branch.slice(0, LONGEST))?.[1]
  return numbers === undefined ? undefined : `${numbers}.`
}

export function parseStability(version: string): Stability {
  const text = version.slice(0, LONGEST).replace(/#[^\n]+(?=\n?$)/, '')
  if (text.startsWith('dev-') || text.endsWith('-dev')) return 'dev'
  const [, modifier, , dev] = STABILITY_AT_END.exec(text.toLowerCase()) ?? []
  if (dev) return 'dev'
  return STABILITY_OF[modifier ?? ''] ?? 'stable'
}

const STABILITY_OF: Record<string, Stability> = {
  beta: 'beta',
  b: 'beta',
  alpha: 'alpha',
  a: 'alpha',
  rc: 'RC',
}

function normalizeRelease(text: string, { dates }: Reading): string | undefined {
  const classical = CLASSICAL.exec(text)
  if (classical) {
    const [, major = '', minor = '.0', patch = '.0', fourth = '.0', ...modifiers] = classical
    return withModifiers(`${major}${minor}${patch}${fourth}`, modifiers)
  }
  const dated = dates.exec(text)
  if (!dated) return undefined
  const [, date = '', ...modifiers] = dated
  return withModifiers(date.replaceAll(/\D/g, '.'), modifiers)
}

function withModifiers(numbers: string, [word, count = '', dev]: readonly (string | undefined)[]): string {
  // Composer compares case-sensitively here: `1.0-STABLE` keeps its suffix
  if (word === 'stable') return numbers
  const suffix = word ? `-${expanded(word)}${count.replace(/^[.-]+/, '')}` : ''
  return `${numbers}${suffix}${dev ? '-dev' : ''}`
}

function expanded(word: string): string {
  const lower = word.toLowerCase()
  switch (lower) {
    case 'a':
      return 'alpha'
    case 'b':
      return 'beta'
    case 'p':
    case 'pl':
      return 'patch'
    case 'rc':
      return 'RC'
    default:
      return lower
  }
}

function normalizeNumericBranch(text: string): string {
  const branch = DEV_AT_END.exec(text)?.[1]
  const normalized = branch === undefined ? 'dev-' : normalizeBranch(branch)
  if (normalized.includes('dev-')) throw new InvalidVersion()
  return normalized
}

/** Undefined for a text that Composer cannot read as a version. */
export function normalizeOrUndefined(text: string, reading: Reading = NEWEST): string | undefined {
  try {
    return normalize(text, reading)
  } catch (error) {
    if (error instanceof InvalidVersion) return undefined
    throw error
  }
}
