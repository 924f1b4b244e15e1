import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { listPaymentMethods } from '#domain/billing'
import { listSessions, openSession } from '#domain/identity'
import { operationsOn, readOperation } from '#domain/operations'
import { inviteMember } from '#domain/team'
import { applyAsVendor, VENDOR_TERMS_VERSION } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import type { Secrets } from '#platform/secrets'
import { aProjectToken, type Market } from './demo-market.ts'
import { aRun } from './a-run.ts'
import { aShare } from './a-share.ts'
import { aSoldPackage } from './a-sold-package.ts'
import { aConnection } from './mcp.ts'
import { noTemporal } from './no-temporal.ts'
import { possessionsOf } from './possessions.ts'

/** Whatever of an org a path, a query or a form may name, by the name that the tables use. */
export type Named = Awaited<ReturnType<typeof namedInRoutes>>

/** Makes objects of an org and of its owner. A share and an invite wait for the person with the address `waitsFor`. */
export async function namedInRoutes(
  market: Market,
  { org, owner, secrets, waitsFor }: { org: string; owner: string; secrets: Secrets; waitsFor: string },
) {
  const { db } = market
  const at = new Date()
  const of = { customer: market.person(owner), activeOrg: market.org(org) }
  const access = await market.access(owner, org)
  const possessions = await possessionsOf(market, org, `Shop of ${org}`)
  const { connection } = await aConnection(db, of)
  await openSession(db, { customer: of.customer, methods: ['password'], at, from: { network: '192.0.2.7' } })
  const [session] = await listSessions(db, { customer: of.customer, idHash: Buffer.alloc(32) }, at)
  const [card] = await listPaymentMethods(db, of.activeOrg)
  const name = await aSoldPackage(market, at, org)
  const { package_id, id: version } = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['v.id', 'v.package_id'])
    .where('p.name', '=', name)
    .executeTakeFirstOrThrow()
  const share = await aShare(db, secrets, {
    org: of.activeOrg,
    by: of.customer,
    project: possessions.project,
    email: waitsFor,
  })
  const by = { caller: market.caller(owner), org: access, at }
  const invited = await inviteMember(db, secrets, { ...by, email: waitsFor, role: 'viewer' })
  const { id: invoice } = await db
    .selectFrom('invoices')
    .select('id')
    .where('number', '=', possessions.invoice)
    .executeTakeFirstOrThrow()
  return {
    ...possessions,
    invoiceFile: `${invoice}.pdf`,
    madeByMember: (await aProjectToken(market, possessions.project, { by: possessions.member })).id,
    rotated: (await aProjectToken(market, possessions.project)).id,
    terms: VENDOR_TERMS_VERSION,
    hook: await aHook(),
    ownInvite: invited.id,
    connection,
    session: session?.id ?? '',
    card: card?.id ?? '',
    package: package_id,
    version,
    application: await anApplication(),
    shareToken: share.token ?? '',
    ...(await aWaitingOperation()),
  }

  async function anApplication(): Promise<string> {
    const input = {
      slug: `${org}-forms`,
      name: 'Forms',
      website: 'https://forms.example',
      terms_version: VENDOR_TERMS_VERSION,
    }
    const { operation } = await applyAsVendor(db, { ...by, input, key: undefined, approves: false })
    return String((await readOperation(db, operation)).result?.['vendor_id'])
  }

  async function aHook(): Promise<string> {
    const id = mintId('hok', at, Math.random)
    const { keyId, sealed } = secrets.seal('whsec_0', id)
    const of = { kind: 'gitea', host: 'git.example', repository_id: '7', created_at: at }
    await db
      .insertInto('package_hooks')
      .values({ id, package_id, key_id: keyId, sealed, ...of })
      .execute()
    return id
  }

  async function aWaitingOperation() {
    const { operation } = await operationsOn({ db, ...noTemporal }).startOrJoin(startAddPaymentMethod, {
      key: `waits-${org}`,
      ...by,
      input: {},
    })
    await aRun(db, operation.id).waits()
    const { link } = await db
      .selectFrom('operations')
      .select('link')
      .where('id', '=', operation.id)
      .executeTakeFirstOrThrow()
    return { waiting: operation.id, link: link ?? '' }
  }
}
