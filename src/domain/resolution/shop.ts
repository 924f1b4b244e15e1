import { normalizeOrUndefined, type Stability } from '#kernel/composer-version/normalize'
import type { Edition } from '#kernel/schemas'
import { isPlatform } from '#domain/publishing'
import { type FilesGiven, MOST_PACKAGES, objectIn, versionsIn } from './composer-files.ts'
import { editionIn } from './edition.ts'
import { ComposerFileUnreadable } from './errors.ts'
import { isStability } from './stability.ts'

/** The name under which the file's own `replace` and `provide` are stored. No package has it. */
export const COMPOSER_JSON = 'composer.json'

export interface Requirement {
  constraint: string
  isDev: boolean
}

export interface Installed {
  /** As the lock has it. */
  version: string
  /** Undefined when Composer cannot read it. Read lazily, because most are never needed. */
  readonly normalized: string | undefined
  isDev: boolean
  /** It comes from a folder of the project, so no repository is asked for it. */
  isLocal: boolean
}

/** A package of the lock, and the versions of another one that it conflicts with. */
export interface Refused {
  by: string
  constraint: string
}

/** What composer.json and the lock of a project say. All names are in lower case. */
export interface Shop {
  requirements: ReadonlyMap<string, Requirement>
  conflicts: ReadonlyMap<string, string>
  installed: ReadonlyMap<string, Installed>
  /** The package that replaces or provides another one, or `COMPOSER_JSON`. */
  replaced: ReadonlyMap<string, string>
  /** By the refused package: what packages of the lock conflict with. */
  refused: ReadonlyMap<string, readonly Refused[]>
  minimumStability: Stability
  prefersStable: boolean
  /** The version that `config.platform.php` states, normalized. */
  php: string | undefined
  edition: Edition | undefined
  /** How many packages all files name, without PHP and its extensions. */
  size: number
}

/** Reads the files of a project. Runs nothing and fetches nothing. Refuses `composer_file_unreadable`. */
export function shopIn(files: FilesGiven): Shop {
  const root = objectIn(files.composer_json, 'composer_json')
  const requirements = new Map<string, Requirement>([
    ...linksIn(root['require-dev']).map(([name, constraint]) => [name, { constraint, isDev: true }] as const),
    ...linksIn(root['require']).map(([name, constraint]) => [name, { constraint, isDev: false }] as const),
  ])
  const { installed, replaced, refused } = lockedIn(files)
  const names = new Set([...requirements.keys(), ...installed.keys()])
  if (names.size > MOST_PACKAGES)
    throw new ComposerFileUnreadable(tooMany(files, [requirements.size, installed.size]), 'too_many')
  for (const type of ['replace', 'provide'])
    for (const [name] of linksIn(root[type])) replaced.set(name, COMPOSER_JSON)
  const stability = root['minimum-stability']
  return {
    requirements,
    conflicts: new Map(linksIn(root['conflict'])),
    installed,
    replaced,
    refused,
    minimumStability: isStability(stability) ? stability : 'stable',
    prefersStable: root['prefer-stable'] === true,
    php: normalizeOrUndefined(textIn(member(member(root['config'], 'platform'), 'php')) ?? ''),
    edition: editionIn(names),
    size: names.size,
  }
}

/** The files that name too many packages: one of them, or all together. */
function tooMany({ composer_lock, installed }: FilesGiven, [required, locked]: [number, number]): string[] {
  if (required > MOST_PACKAGES) return ['composer_json']
  const others = [composer_lock && 'composer_lock', installed && 'installed'].filter(
    (name) => typeof name === 'string',
  )
  return locked > MOST_PACKAGES ? others : ['composer_json', ...others]
}

function lockedIn({ composer_lock, installed: given }: FilesGiven) {
  const installed = new Map<string, Installed>()
  const replaced = new Map<string, string>()
  const refused = new Map<string, Refused[]>()
  for (const [name, { entry, version, isDev }] of entriesIn(composer_lock)) {
    const isLocal = member(member(entry, 'dist'), 'type') === 'path'
    installed.set(name, installedAs({ version, isDev, isLocal }))
    for (const type of ['replace', 'provide'])
      for (const [other] of linksIn(member(entry, type))) replaced.set(other, name)
    // names differ in their case only: one link counts, so that a lock says at most 10,000 times that one is refused
    for (const [other, constraint] of new Map(linksIn(member(entry, 'conflict')))) {
      const known = refused.get(other) ?? []
      known.push({ by: name, constraint })
      refused.set(other, known)
    }
  }
  for (const each of versionsIn(given ?? [])) {
    const name = nameIn(each.name)
    if (name !== undefined && !installed.has(name))
      installed.set(name, installedAs({ version: each.version, isDev: false, isLocal: false }))
  }
  return { installed, replaced, refused }
}

/** The packages of a lock by name. Of a name that is there twice the last one counts. */
function entriesIn(composer_lock: FilesGiven['composer_lock']) {
  const entries = new Map<string, { entry: unknown; version: string; isDev: boolean }>()
  const lock = composer_lock === undefined ? {} : objectIn(composer_lock, 'composer_lock')
  const [dev, others] = [listIn(lock['packages-dev']), listIn(lock['packages'])]
  if (dev.length + others.length > MOST_PACKAGES)
    throw new ComposerFileUnreadable('composer_lock', 'too_many')
  for (const list of [dev, others])
    for (const entry of list) {
      const [name, version] = [nameIn(member(entry, 'name')), textIn(member(entry, 'version'))]
      if (name !== undefined && version !== undefined)
        entries.set(name, { entry, version, isDev: list === dev })
    }
  return entries
}

function installedAs(given: Omit<Installed, 'normalized'>): Installed {
  let read: { normalized: string | undefined } | undefined
  return {
    ...given,
    get normalized() {
      read ??= { normalized: normalizeOrUndefined(given.version) }
      return read.normalized
    },
  }
}

/** The links of a package by name. A link of PHP or of an extension is left out, and what is no link. */
export function linksIn(links: unknown): Array<readonly [name: string, constraint: string]> {
  if (typeof links !== 'object' || links === null || Array.isArray(links)) return []
  return Object.entries(links).flatMap(([key, constraint]) => {
    const name = nameIn(key)
    return name === undefined || typeof constraint !== 'string' ? [] : [[name, constraint] as const]
  })
}

const LONGEST_NAME = 200

/** A name that a repository can have, in lower case. */
function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_NAME) return undefined
  const name = value.toLowerCase()
  return /^[a-z0-9_.-]+\/[a-z0-9_.-]+$/.test(name) && !isPlatform(name) ? name : undefined
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A member of an object of a stranger: never one that all objects inherit. */
export const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
