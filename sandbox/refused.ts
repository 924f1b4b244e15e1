import fs from 'node:fs'
import { DomainError } from '#kernel/errors'
import { ConfigRefused } from '../src/platform/config.ts'
import { MigrationRefused } from '../src/platform/migrations.ts'

/** Something that a person has to correct first. The message is one sentence with the next step. */
export class Refused extends Error {}

const RESET = 'start again with empty data: npm run sandbox:reset'
const OURS = [Refused, ConfigRefused, MigrationRefused, DomainError]

/** Returns the sentence for a person, or undefined for a bug, which is shown with its stack. */
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
      return `${dest ?? file} belongs to somebody else (${code}): change its owner, or set DATA_DIR to another folder.`
    case 'EROFS':
      return `${dest ?? file} cannot be written (EROFS): set DATA_DIR to another folder.`
    case undefined:
    default:
      return undefined
  }
}

/** One of our files is damaged, and nothing else can replace it. */
export const damaged = (file: string) =>
  new Refused(`${file} is damaged: put it back as it was, or ${RESET}.`)

/** Joins a reason, with or without its full stop, and what to do. */
export const withStep = (why: string, step: string) => new Refused(`${why.replace(/\.$/, '')}. ${step}`)

/** For data that does not match the sources. */
export const orStartEmpty = (why: string) => withStep(why, `To ${RESET}.`)

export const diskIsFull = (file: string) =>
  new Refused(`The disk is full (${file}): make room, or set DATA_DIR to a folder on another one.`)

/** True when the disk of a folder is full: by its own statistics, or by what a failed program printed. */
export function isFull(folder: string, output = ''): boolean {
  if (/No space left|Check free disk space|disk is full/i.test(output)) return true
  const { bavail, bsize } = fs.statfsSync(folder)
  return bavail * bsize < 2 ** 20
}

export function refuseArguments(): void {
  if (process.argv.length > 2)
    throw new Refused(
      'npm start takes no arguments: set DATA_DIR, PORT and the like before it or in .env, as in PORT=3001 npm start.',
    )
}
