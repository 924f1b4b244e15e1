import type { GitHost } from '#kernel/git-host'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { GitHostUnknown } from './errors.ts'

/** Encrypts a text and binds the result to the row that `about` names. */
export interface Sealing {
  seal: (text: string, about: string) => { keyId: string; sealed: Buffer }
  /** Throws for another key, another row or changed bytes. */
  open: (secret: { keyId: string; sealed: Buffer }, about: string) => string
}

export interface GitLog {
  warn: (about: object, message: string) => void
  error: (about: object, message: string) => void
}

export interface GitOptions {
  db: Db
  hosts: readonly GitHost[]
  sealing: Sealing
  publicUrl: string
  log: GitLog
  /** Puts the start of a package's sync into the outbox. Absent: a push is only recorded. */
  startSync?: (tx: Db, wanted: { package: PackageId; at: Date }) => Promise<void>
}

/** Where a host sends a person back to. */
export const consentRedirectUri = ({ publicUrl }: Pick<GitOptions, 'publicUrl'>): string =>
  `${publicUrl}/callbacks/git-host`

export function hostOf({ hosts }: Pick<GitOptions, 'hosts'>, wanted: string): GitHost {
  const found = hosts.find(({ host }) => host === wanted)
  if (!found) throw new GitHostUnknown(hosts.map(({ host }) => host))
  return found
}
