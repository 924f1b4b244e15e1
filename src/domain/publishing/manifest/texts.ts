import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { isGiven, isPhpArray, isText } from './values.ts'

const LONGEST_LICENSE = 255

/** The fields that describe a package: https://getcomposer.org/doc/04-schema.md */
export function textFaults(manifest: Manifest): Fault[] {
  return [
    ...typeFaults(manifest),
    ...['description', 'homepage'].flatMap((field) => textFault(manifest, field)),
    ...keywordFaults(manifest),
    ...suggestFaults(manifest),
    ...licenseFaults(manifest),
    ...extraFaults(manifest),
  ]
}

export function textFault(manifest: Manifest, field: string): Fault[] {
  const value = manifest[field]
  return !isGiven(value) || isText(value) ? [] : [refused([field], value, 'a text')]
}

function typeFaults({ type }: Manifest): Fault[] {
  if (!isGiven(type)) return []
  if (!isText(type)) return [breaking(['type'], type, 'a text')]
  return /^[a-z0-9-]+$/.test(type)
    ? []
    : [refused(['type'], type, 'a word of lower-case letters, digits and hyphens')]
}

function keywordFaults({ keywords }: Manifest): Fault[] {
  if (!isGiven(keywords)) return []
  if (!isPhpArray(keywords)) return [refused(['keywords'], keywords, 'a list of texts')]
  return Object.entries(keywords).flatMap(([key, word]) => {
    if (isText(word) || typeof word === 'number') return []
    const fault = isPhpArray(word) ? breaking : refused
    return [fault(['keywords', key], word, 'a text')]
  })
}

function suggestFaults({ suggest }: Manifest): Fault[] {
  if (!isGiven(suggest)) return []
  if (!isPhpArray(suggest)) return [refused(['suggest'], suggest, 'an object of names and reasons')]
  return Object.entries(suggest)
    .filter(([, reason]) => !isText(reason))
    .map(([name, reason]) => breaking(['suggest', name], reason, 'a text'))
}

function licenseFaults({ license }: Manifest): Fault[] {
  if (!isGiven(license)) return []
  const each = isText(license) ? [['license', license] as const] : undefined
  if (!each && !isPhpArray(license)) return [refused(['license'], license, 'a text or a list of texts')]
  return (each ?? Object.entries(license as object).map(([key, text]) => [`license.${key}`, text] as const))
    .filter(([, text]) => !isText(text) || text.length > LONGEST_LICENSE)
    .map(([field, text]) => refused([field], text, `a text of at most ${LONGEST_LICENSE} characters`))
}

/** Composer also reads the branch aliases in it, but only for branches. */
function extraFaults({ extra }: Manifest): Fault[] {
  if (!isGiven(extra)) return []
  if (!isPhpArray(extra)) return [refused(['extra'], extra, 'an object')]
  const { 'branch-alias': aliases } = extra
  return !isGiven(aliases) || isPhpArray(aliases)
    ? []
    : [refused(['extra', 'branch-alias'], aliases, 'an object of branches and versions')]
}
