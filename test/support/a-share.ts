import { shareProject } from '#domain/sharing'
import { mailSecretAbout } from '#domain/mail'
import { readOperation } from '#domain/operations'
import { orgForCustomer } from '#domain/orgs'
import { createProject } from '#domain/projects'
import { acceptShare } from '#domain/sharing'
import { randomBytes } from 'node:crypto'
import {
  type CustomerId,
  mintId,
  type OrgId,
  type ProjectId,
  type ProjectTokenId,
  type ShareId,
} from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import type { GuestRole } from '../../src/platform/tables.ts'

/** A new project of an org. */
export async function aProjectOf(
  db: Db,
  org: OrgId,
  by: CustomerId,
  name = 'Shop',
): Promise<{ id: ProjectId; slug: string }> {
  const id = mintId('prj', new Date(), Math.random)
  const made = { id, orgId: org, name, edition: 'open-source', createdBy: by, at: new Date() } as const
  return { id, ...(await createProject(db, made)) }
}

export interface ShareWanted {
  org: OrgId
  /** Who shares. */
  by: CustomerId
  project: string
  email: string
  role?: GuestRole
  until?: Date
  key?: string
  at?: Date
}

/** Shares a project, and returns the token of the mailed link; undefined when no mail was sent. */
export async function aShare(db: Db, secrets: Secrets, wanted: ShareWanted) {
  const { by: customer, project, email, role = 'viewer', until, key, at = new Date() } = wanted
  const org = await orgForCustomer(db, customer, wanted.org)
  const before = await mailsTo(db, email)
  const { operation, replayed } = await shareProject(db, secrets, {
    caller: { customer, scopes: [] },
    org,
    input: { project, email, role, until },
    key,
    at,
  })
  const [mail] = (await mailsTo(db, email)).filter((one) => !before.some((old) => old.key === one.key))
  const result = (await readOperation(db, operation)).result as { share: ShareId; outcome: string }
  const token =
    mail?.secret_key_id && mail.secret_sealed
      ? secrets.open({ keyId: mail.secret_key_id, sealed: mail.secret_sealed }, mailSecretAbout(mail.key))
      : undefined
  return { ...result, operation, replayed, token }
}

const mailsTo = (db: Db, email: string) =>
  db
    .selectFrom('mails')
    .select(['key', 'secret_key_id', 'secret_sealed'])
    .where('to_address', '=', email)
    .where('kind', '=', 'project_shared')
    .execute()

/** A share that its person has accepted. */
export async function aGuestOf(
  db: Db,
  secrets: Secrets,
  { guest, ...wanted }: Omit<ShareWanted, 'email'> & { guest: { customer: CustomerId; email: string } },
): Promise<ShareId> {
  const { share, token = '' } = await aShare(db, secrets, { ...wanted, email: guest.email })
  await acceptShare(db, { token, customer: guest.customer, at: wanted.at ?? new Date(), request: 'req_1' })
  return share
}

/** A share that nobody has accepted, written as a row: no mail is sent. Returns its id. */
export async function aPendingShare(
  db: Db,
  {
    org,
    project,
    by,
    email,
    at = new Date(),
  }: { org: OrgId; project: ProjectId; by: CustomerId; email?: string; at?: Date },
): Promise<ShareId> {
  const id = mintId('shr', at, Math.random)
  await db
    .insertInto('project_shares')
    .values({
      id,
      org_id: org,
      project_id: project,
      email_norm: email ?? `${id.slice(4).toLowerCase()}@example.test`,
      role: 'viewer',
      shared_by: by,
      created_at: at,
      token_hash: randomBytes(32),
      link_expires_at: new Date('2126-03-08T09:30:00Z'),
    })
    .execute()
  return id
}

/** What Composer reported for a token: two versions of what is sold, one minute after the other. */
export async function someInstalls(db: Db, token: ProjectTokenId, since: Date): Promise<void> {
  const versions = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select('v.id')
    .orderBy('p.name')
    .orderBy('v.version_normalized')
    .limit(2)
    .execute()
  for (const [i, { id }] of versions.entries())
    await db
      .insertInto('downloads')
      .values({ token_id: token, version_id: id, minute: new Date(since.getTime() + i * 60_000) })
      .execute()
}
