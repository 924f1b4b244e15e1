import { randomBytes } from 'node:crypto'
import { addMember } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { aLicence, aProject, aProjectToken, type Market } from './a-market.ts'
import { aPendingShare } from './a-share.ts'
import { anInvoice } from './an-invoice.ts'
import { somebody } from './a-team.ts'
import { aGitIntegration } from './git.ts'

const SEARCH = 'northwind/module-search'

/** Ids and other references of one org's objects. */
export type Possessions = Awaited<ReturnType<typeof possessionsOf>>

/** Makes objects of an org, whose project has this name. */
export async function possessionsOf(market: Market, org: string, name: string) {
  const project = await aProject(market, { org, name })
  const empty = await aProject(market, { org, name: `${name} too` })
  const licence = await aLicence(market, { package: SEARCH, org, project: project.id })
  const free = await aLicence(market, { package: SEARCH, org })
  const token = await aProjectToken(market, project.id)
  const { operation_id } = await market.db
    .selectFrom('orders')
    .select('operation_id')
    .where('id', '=', licence.order)
    .executeTakeFirstOrThrow()
  const invoiced = await anInvoice(market.db, licence.order)
  const integration = await aGitIntegration(market.db, {
    org: market.org(org),
    customer: market.person('buyer'),
  })
  const { customer: member } = await somebody(market.db)
  await addMember(market.db, { org: market.org(org), customer: member, role: 'viewer', at: new Date() })
  const invite = mintId('inv', Date.now(), Math.random)
  await market.db
    .insertInto('org_invites')
    .values({
      id: invite,
      org_id: market.org(org),
      email_norm: 'invited@example.test',
      role: 'viewer',
      token_hash: randomBytes(32),
      invited_by: member,
      created_at: new Date(),
      expires_at: new Date(Date.now() + 86_400_000),
    })
    .execute()
  return {
    member,
    invite,
    integration,
    project: project.id,
    slug: project.slug,
    empty: empty.id,
    licence: licence.id,
    free: free.id,
    token: token.id,
    publicKey: token.publicKey,
    share: await aPendingShare(market.db, {
      org: project.org,
      project: project.id,
      by: market.person('buyer'),
    }),
    order: licence.order,
    invoice: invoiced,
    operation: operation_id,
  }
}
