// https://getcomposer.org/doc/04-schema.md#package-links
import { LONGEST } from '#kernel/composer-version/compare'
import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { packageName } from '#kernel/schemas'
import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest, Subject } from './subject.ts'
import { isGiven, isNumericKey, isPhpArray, isText } from './values.ts'

const LINKS = ['require', 'require-dev', 'conflict', 'replace', 'provide'] as const
const MOST_LINKS = 500
const LONGEST_PART = 60

/** https://getcomposer.org/doc/01-basic-usage.md#platform-packages */
const PLATFORM =
  /^(php(-(64bit|ipv6|zts|debug))?|hhvm|(ext|lib)-[a-z0-9]+([_.-][a-z0-9]+)*|composer(-(plugin|runtime)-api)?)$/i
/** Names of interfaces that several packages implement. They are never packages themselves. */
const PSR_IMPLEMENTATION = /^psr\/[a-z0-9-]+-implementation$/i

export function linkFaults(manifest: Manifest, subject: Subject): Fault[] {
  return [...LINKS.flatMap((type) => faultsOf(manifest, type, subject)), ...conflictsWithReplaced(manifest)]
}

/**
 * Whether Composer can read it as an entry of `require`, and whether a model may read it. A vendor writes these texts, so
 * long and unusual ones are refused even where Composer reads them.
 */
export function isLink(name: string, constraint: string): boolean {
  return isLinkName(name) && (constraint === 'self.version' || isShownConstraint(constraint))
}

/** Whether Composer can read a constraint, and whether a terminal and a model may show it. */
export function isShownConstraint(constraint: string): boolean {
  return (
    /^[\w.*+@#^~<>=!|,/ -]+$/.test(constraint) &&
    constraint.split(/[ ,|]+/).every((part) => part.length <= LONGEST_PART) &&
    [...constraint.matchAll(/ as +([^ ,|]+)/g)].every(
      ([, alias = '']) => normalizeOrUndefined(alias) !== undefined,
    ) &&
    parseConstraint(constraint) !== undefined
  )
}

function faultsOf(manifest: Manifest, type: (typeof LINKS)[number], subject: Subject): Fault[] {
  const links = manifest[type]
  if (!isGiven(links)) return []
  if (!isPhpArray(links)) return [breaking([type], links, 'an object of names and version constraints')]
  const entries = Object.entries(links)
  if (entries.length > MOST_LINKS) return [refused([type], links, `at most ${MOST_LINKS} names`)]
  return entries.flatMap(([name, constraint]) =>
    // Composer ignores it on an update, and refuses it on publication
    name.toLowerCase() === subject.name
      ? [refused([type, name], constraint, 'left out: a package cannot link to itself')]
      : [
          ...nameFaults(type, name, constraint, subject),
          ...constraintFaults(type, name, constraint, subject),
        ],
  )
}

function nameFaults(type: string, name: string, constraint: unknown, { name: own }: Subject): Fault[] {
  const path = [type, name]
  if (isNumericKey(name)) return [breaking(path, constraint, 'below the name of a package')]
  if (!isLinkName(name))
    return [refused(path, constraint, 'below the name of a package, such as acme/widget')]
  if ((type === 'replace' || type === 'provide') && isForeign(name, own) && !isVirtual(type, name))
    return [refused(path, constraint, `left out: only packages of ${vendorOf(own)} may be named here`)]
  return []
}

function constraintFaults(type: string, name: string, constraint: unknown, { tag }: Subject): Fault[] {
  const path = [type, name]
  if (!isText(constraint)) return [breaking(path, constraint, 'a version constraint in quotes')]
  const read = constraint === 'self.version' ? tag : constraint
  if (read.length > LONGEST) return [refused(path, constraint, `at most ${LONGEST} characters long`)]
  if (parseConstraint(read) === undefined)
    return [breaking(path, constraint, 'a version constraint that Composer can read')]
  if (parseConstraint(read, COMPOSER_2_5) === undefined)
    return [breaking(path, constraint, 'without two numbers after a date, which Composer 2.5 cannot read')]
  return isShownConstraint(read)
    ? []
    : [refused(path, constraint, 'a version constraint of plain characters, with short parts')]
}

/** Composer refuses it, because a package that replaces another one conflicts with it anyway. */
function conflictsWithReplaced({ conflict, replace }: Manifest): Fault[] {
  if (!isPhpArray(conflict) || !isPhpArray(replace)) return []
  return Object.keys(conflict)
    .filter((name) => Object.hasOwn(replace, name))
    .map((name) => refused(['conflict', name], conflict[name], 'left out: the package replaces it'))
}

/** PHP, its extensions and Composer itself, which no repository serves. */
export const isPlatform = (name: string): boolean => PLATFORM.test(name)

const isLinkName = (name: string) =>
  (PLATFORM.test(name) && name.length <= 200) || packageName.safeParse(name.toLowerCase()).success

const vendorOf = (name: string) => name.split('/')[0]?.toLowerCase()
const isForeign = (name: string, own: string) => !PLATFORM.test(name) && vendorOf(name) !== vendorOf(own)
const isVirtual = (type: string, name: string) => type === 'provide' && PSR_IMPLEMENTATION.test(name)
