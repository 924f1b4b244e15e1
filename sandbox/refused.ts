import fs from 'node:fs'
import { DomainError } from '#kernel/errors'
import { ConfigRefused } from '../src/platform/config.ts'
import { MigrationRefused } from '../src/platform/migrations.ts'

/** What a person has to put right before it can go on: one sentence with the next step, never a stack. */
export class Refused extends Error {}

const RESET = 'begin anew: npm run sandbox:reset'
const OURS = [Refused, ConfigRefused, MigrationRefused, DomainError]

/** The sentence for a person; nothing for a bug, which keeps its stack. */
export function sentenceOf(error: unknown): string | undefined {
  if (OURS.some((kind) => error instanceof kind)) return (error as Error).message
  const { code, path: file = 'a file', dest } = error as NodeJS.ErrnoException & { dest?: string }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskIsFull(dest ?? file).message
    case '53100': // of Postgres
      return diskIsFull('the database').message
    case 'EACCES':
    case 'EPERM':
      return `${dest ?? file} belongs to somebody else (${code}): make it yours, or set DATA_DIR to another folder.`
    case 'EROFS':
      return `${dest ?? file} cannot be written (EROFS): set DATA_DIR to another folder.`
    case undefined:
    default:
      return undefined
  }
}

/** A file of ours that makes no sense any more, and that nothing else can replace. */
export const damaged = (file: string) =>
  new Refused(`${file} is damaged: put it back as it was, or ${RESET}.`)

/** A reason, which may lack its full stop, and what to do. */
export const withStep = (why: string, step: string) => new Refused(`${why.replace(/\.$/, '')}. ${step}`)

/** For data that fit these sources no more. */
export const orBeginAnew = (why: string) => withStep(why, `To ${RESET}.`)

export const diskIsFull = (file: string) =>
  new Refused(`The disk is full (${file}): make room, or set DATA_DIR to a folder on another one.`)

/** Whether the disk below a folder is full, by its own account or by what a program said when it gave up. */
export function isFull(folder: string, said = ''): boolean {
  if (/No space left|Check free disk space|disk is full/i.test(said)) return true
  const { bavail, bsize } = fs.statfsSync(folder)
  return bavail * bsize < 2 ** 20
}
