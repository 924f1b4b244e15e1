// Reads constraints as Composer's VersionParser::parseConstraints does: https://github.com/composer/semver
import { LONGEST } from './compare.ts'
import type { Comparison, Constraint, Every, Operator } from './constraint.ts'
import { InvalidVersion, normalize, normalizeOrUndefined, parseStability } from './normalize.ts'
import { ALIAS, END, SPACE, STABILITIES, trim } from './patterns.ts'
import { parseRange } from './ranges.ts'
import { NEWEST, type Reading } from './reading.ts'

const OR = new RegExp(String.raw`[${SPACE}]*\|\|?[${SPACE}]*`)
// a comma or spaces, but not at an operator, at `as`, or around the hyphen of a range
const AND = new RegExp(String.raw`(?<!^|as|[=>< ,]) *(?<!-)[, ](?!-) *(?!,|as|\n?$)`)
const FLAG = new RegExp(`^([^,${SPACE}]*?)@(${STABILITIES})${END}`, 'i')
const REFERENCE = new RegExp(String.raw`^(dev-[^,${SPACE}@]+?|[^,${SPACE}@]+?\.x-dev)#[^\n]+${END}`, 'i')
const ANY = new RegExp(String.raw`^(v)?[xX*](\.[xX*])*${END}`, 'i')
const OPERATION = new RegExp(String.raw`^(<>|!=|>=?|<=?|==?)?[${SPACE}]*([^\n]*)`)

/**
 * Undefined for a text that Composer cannot read, or that has more than 255 characters.
 */
export function parseConstraint(text: string, reading: Reading = NEWEST): Constraint | undefined {
  if (text.length > LONGEST) return undefined
  try {
    return anyOf(
      trim(text)
        .split(OR)
        .map((part) => allOf(part.split(AND).flatMap((each) => parsePart(each, reading)))),
    )
  } catch (error) {
    if (error instanceof InvalidVersion) return undefined
    throw error
  }
}

function allOf(parts: readonly Constraint[]): Constraint {
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : { every: parts }
}

/** Merges neighbours that touch: `^1.0 || ^2.0` is one range. */
function anyOf(alternatives: readonly Constraint[]): Constraint {
  const merged: Constraint[] = []
  for (const next of alternatives) {
    const last = merged.at(-1)
    const joined = last !== undefined && join(last, next)
    if (joined) merged[merged.length - 1] = joined
    else merged.push(next)
  }
  const [only] = merged
  return only !== undefined && merged.length === 1 ? only : { some: merged }
}

function join(left: Constraint, right: Constraint): Every | undefined {
  const [low, end] = rangeOf(left)
  const [start, high] = rangeOf(right)
  if (!low || !end || !start || !high) return undefined
  // as in Composer, only what `<` excludes may be what `>=` includes
  return end.operator === '<' && end.version === start.version ? { every: [low, high] } : undefined
}

/** The two comparisons of a range that begins with `>=` and ends with `<` or `<=`. */
function rangeOf(constraint: Constraint): Comparison[] {
  if (constraint === '*' || !('every' in constraint) || constraint.every.length !== 2) return []
  const [low, high] = constraint.every
  if (!low || !high || low === '*' || high === '*') return []
  if (!('operator' in low) || !('operator' in high)) return []
  return low.operator === '>=' && high.operator.startsWith('<') ? [low, high] : []
}

function parsePart(part: string, reading: Reading): Constraint[] {
  let text = ALIAS.exec(part)?.[1] ?? part
  const [flagged, before, flag] = FLAG.exec(text) ?? []
  if (flagged !== undefined) text = before || '*'
  text = REFERENCE.exec(text)?.[1] ?? text
  const [any, v, more] = ANY.exec(text) ?? []
  if (any !== undefined) return v || more ? [{ operator: '>=', version: '0.0.0.0-dev' }] : ['*']
  return parseRange(text, reading) ?? [parseComparison(text, flag, reading)]
}

function parseComparison(text: string, flag: string | undefined, reading: Reading): Comparison {
  const [, sign = '', written = ''] = OPERATION.exec(text) ?? []
  const operator = OPERATORS[sign] ?? '=='
  const version = normalizeOrBranch(written, reading)
  if (operator !== '==' && flag && flag !== 'stable' && parseStability(version) === 'stable')
    return { operator, version: `${version}-${flag}` }
  // below 1.0 and from 1.0 on: the unstable versions of 1.0 belong to 1.0
  const isEdge = operator === '<' || operator === '>='
  const isBare = !reading.suffix.test(written) && !written.startsWith('dev-')
  return { operator, version: isEdge && isBare ? `${version}-dev` : version }
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '==',
  '==': '==',
  '<>': '!=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/** Composer also reads `feature-dev` as the branch `feature`. */
function normalizeOrBranch(written: string, reading: Reading): string {
  const version = normalizeOrUndefined(written, reading)
  if (version !== undefined) return version
  if (!/^[0-9a-zA-Z\-./]*-dev$/.test(written)) throw new InvalidVersion()
  return normalize(`dev-${written.slice(0, -4)}`)
}
