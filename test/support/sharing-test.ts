import { randomBytes } from 'node:crypto'
import { guestOrgsOf } from '#domain/orgs'
import { acceptShare } from '#domain/sharing'
import { openSecrets } from '#platform/secrets'
import { aGuestOf, aProjectOf, aShare, type ShareWanted } from './a-share.ts'
import { marketTest } from './market-test.ts'
import { aPerson, type Person } from './mcp.ts'

type Wanted = Partial<ShareWanted>

/** With which the mailed links are sealed. */
export const secrets = openSecrets({ key: randomBytes(32).toString('base64') })

/**
 * A `test` with one database per file. Each test has its own `owner` with a `project`, and Gus, the `guest`, whose
 * address is that of a share unless another is wanted.
 */
export const sharingTest = marketTest
  .extend('owner', ({ db }) => aPerson(db))
  .extend('guest', ({ db }) => aPerson(db, { name: 'Gus' }))
  .extend('project', ({ db, owner }) => aProjectOf(db, owner.org.id, owner.customer))
  .extend('wanted', ({ owner, project, guest: { email } }) => (more: Wanted = {}): ShareWanted => ({
    org: owner.org.id,
    by: owner.customer,
    project: project.slug,
    email,
    ...more,
  }))
  .extend(
    'share',
    ({ db, wanted }) =>
      (more?: Wanted) =>
        aShare(db, secrets, wanted(more)),
  )
  .extend(
    'makeGuest',
    ({ db, guest, wanted }) =>
      ({ guest: who = guest, ...more }: Wanted & { guest?: Pick<Person, 'customer' | 'email'> } = {}) =>
        aGuestOf(db, secrets, { ...wanted(more), guest: who }),
  )
  .extend(
    'accept',
    ({ db, guest }) =>
      (token = '', who: Pick<Person, 'customer'> = guest, at = new Date()) =>
        acceptShare(db, { token, customer: who.customer, at, request: 'req_1' }),
  )
  /** The projects that a person sees as a guest. */
  .extend(
    'sharedNow',
    ({ db, guest }) =>
      async (who: Pick<Person, 'customer'> = guest) =>
        (await guestOrgsOf(db, who.customer)).flatMap(({ shared }) => shared.map((each) => each.project)),
  )
