import { findCredentials } from '#domain/identity'
import { blockVersion, withdrawVersion } from '#domain/publishing'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../src/platform/database.ts'
import { inMarket, Refused } from '../market.ts'
import { type Command, nothing } from './command.ts'

interface Ending {
  operator: CustomerId
  package: string
  version: string
  reason: string
}

export const VERSIONS: readonly Command[] = [
  ending('withdraw-version', {
    does: 'takes a version out of the registry for good; lock files that name it still install it',
    past: 'withdrawn',
    end: (db, { operator, ...of }) => withdrawVersion(db, { ...of, by: { operator } }),
  }),
  ending('block-version', {
    does: 'blocks a version as malware for ever; clients that have it are warned',
    past: 'blocked',
    end: (db, it) => blockVersion(db, it),
  }),
]

function ending(
  name: string,
  {
    does,
    past,
    end,
  }: { does: string; past: string; end: (db: Db, it: Ending) => Promise<{ fresh: boolean }> },
): Command {
  return {
    usage: `${name} VENDOR/PACKAGE@VERSION --reason TEXT --as EMAIL`,
    does: `${does}; the reason is public, and --as is an operator`,
    options: { reason: 'needed', as: 'needed' },
    run: ([which = ''], { reason = '', as = '' }) =>
      inMarket(async (db) => {
        const [, wanted, version] = /^([^@]+\/[^@]+)@([^@]+)$/.exec(which) ?? []
        if (wanted === undefined || version === undefined)
          throw new Refused('A version is named such as northwind/module-search@1.2.0.')
        const person = await findCredentials(db, as)
        if (!person) return nothing(`${as} has no account.`)
        const { fresh } = await end(db, { operator: person.id, package: wanted, version, reason })
        if (!fresh) return nothing(`${which} was withdrawn or blocked before.`)
        console.log(`${which} is ${past}.`)
        return true
      }),
  }
}
