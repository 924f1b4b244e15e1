// https://getcomposer.org/doc/04-schema.md#authors, #support and #funding
import { type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { isGiven, isPhpArray, isText, type PhpArray } from './values.ts'

const AUTHOR = ['homepage', 'email', 'name', 'role']
const SUPPORT = 'issues forum wiki source email irc docs rss chat security'.split(' ')
const FUNDING = ['type', 'url']

export function peopleFaults({ authors, support, funding }: Manifest): Fault[] {
  return [
    ...listFaults('authors', authors, AUTHOR),
    ...listFaults('funding', funding, FUNDING),
    ...(isPhpArray(support) ? textFaultsIn(['support'], support, SUPPORT) : noArray('support', support)),
  ]
}

function listFaults(field: string, members: unknown, texts: readonly string[]): Fault[] {
  if (!isPhpArray(members)) return noArray(field, members)
  return Object.entries(members).flatMap(([key, member]) =>
    isPhpArray(member)
      ? textFaultsIn([field, key], member, texts)
      : [refused([field, key], member, 'an object')],
  )
}

const noArray = (field: string, value: unknown): Fault[] =>
  isGiven(value) ? [refused([field], value, 'a list or an object')] : []

const textFaultsIn = (path: string[], member: PhpArray, texts: readonly string[]): Fault[] =>
  texts
    .filter((key) => isGiven(member[key]) && !isText(member[key]))
    .map((key) => refused([...path, key], member[key], 'a text'))
