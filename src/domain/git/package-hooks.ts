import { createHash, randomBytes } from 'node:crypto'
import type { GitGrant, GitHostKind } from '#kernel/git-host'
import { isId, type PackageHookId, type PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Delivery, HookRemoval, HookWanted, InstalledHook, PackageHook } from './git.ts'
import { isFailure, withGrant } from './grants.ts'
import { type GitOptions, hostOf } from './options.ts'
import { reach } from './repository-access.ts'

const EVENTS_KEPT_MS = 90 * 24 * 60 * 60_000

/**
 * As `Git.installHook`. The row is stored before the host is asked, so that every hook at the host has a row. Two calls
 * at once use the same row, so both ask for the same URL, and the host keeps one hook for it.
 */
export async function installHook(options: GitOptions, wanted: HookWanted): Promise<InstalledHook> {
  const { db } = options
  const { package: of, org, host: name, repository, at } = wanted
  const host = hostOf(options, name)
  await insertHook(options, wanted, host.kind)
  const hook = await packageHook(options, of)
  if (!hook) throw new TypeError(`the hook of ${of} is gone`)
  const about = { hook: hook.id, url: hook.url }
  if (hook.host !== name || hook.repository !== repository) return { ...about, state: 'another_repository' }
  if (hook.isInstalled) return { ...about, state: 'installed' }
  const found = await reach(options, { org, host: name, id: repository, at })
  if (!('integration' in found)) return { ...about, state: 'missing_permission' }
  const { integration } = found
  try {
    const made = await withGrant(options, {
      integration,
      at,
      call: (grant) => host.createHook(grant, found.repository, { url: hook.url, secret: hook.secret }),
    })
    const { numUpdatedRows } = await db
      .updateTable('package_hooks')
      .set({ host_hook_id: made })
      .where('id', '=', hook.id)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    // its undo ran meanwhile, and may have looked before the hook existed
    if (!numUpdatedRows) await deleteAtHost(options, { ...hook, org, at })
    return { ...about, state: 'installed' }
  } catch (error) {
    if (!isFailure(error, 'forbidden')) throw error
    return { ...about, state: 'missing_permission' }
  }
}

async function insertHook({ db, sealing }: GitOptions, wanted: HookWanted, kind: GitHostKind): Promise<void> {
  // the form that GitLab wants for its signatures, and a good secret for the others
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const { keyId, sealed } = sealing.seal(secret, wanted.hook)
  await db
    .insertInto('package_hooks')
    .values({
      id: wanted.hook,
      package_id: wanted.package,
      kind,
      host: wanted.host,
      repository_id: wanted.repository,
      key_id: keyId,
      sealed,
      created_at: wanted.at,
    })
    .onConflict((on) => on.doNothing())
    .execute()
}

/** As `Git.removeHook`. After the first transaction, deliveries of the hook have no effect. */
export async function removeHook(options: GitOptions, removal: HookRemoval): Promise<void> {
  const { package: of, org, at, isKept } = removal
  const rows = await inTransaction(options.db, async (tx) => {
    if (!(await isKept?.(tx)))
      await tx
        .updateTable('package_hooks')
        .set({ removed_at: at })
        .where('package_id', '=', of)
        .where('removed_at', 'is', null)
        .execute()
    // also those of an earlier attempt, which may have ended before it asked the host
    return hooks(tx).where('package_id', '=', of).where('removed_at', 'is not', null).execute()
  })
  for (const row of rows) await deleteAtHost(options, { ...asHook(options, row), org, at })
}

/** Without access there is nothing to delete by us; the hook is unknown to us, so its deliveries have no effect. */
async function deleteAtHost(
  options: GitOptions,
  { host: name, repository, url, org, at }: PackageHook & Pick<HookWanted, 'org' | 'at'>,
): Promise<void> {
  if (!options.hosts.some(({ host }) => host === name)) return
  const found = await reach(options, { org, host: name, id: repository, at })
  if (!('integration' in found)) return
  const { integration } = found
  const host = hostOf(options, name)
  try {
    const call = (grant: GitGrant) => host.deleteHook(grant, found.repository, url)
    await withGrant(options, { integration, at, call })
  } catch (error) {
    if (!isFailure(error, 'forbidden')) throw error
  }
}

/** As `Git.hookOf`. */
export async function packageHook(options: GitOptions, of: PackageId): Promise<PackageHook | undefined> {
  const row = await hooks(options.db)
    .where('package_id', '=', of)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return row && asHook(options, row)
}

/** As `Git.isHook`. */
export async function isHook(db: Db, id: string): Promise<boolean> {
  return (await liveHook(db, id)) !== undefined
}

/** As `Git.receivePush`. */
export async function receivePush(
  options: GitOptions,
  { hook: id, headers, body, at }: Delivery,
): Promise<'accepted' | 'refused' | 'unknown'> {
  const row = await liveHook(options.db, id)
  const host = row && options.hosts.find(({ host: name }) => name === row.host)
  if (!row || !host) return 'unknown'
  const { secret, id: hook } = asHook(options, row)
  const push = host.readPush({ headers, body, secret, at })
  if (!push) return 'refused'
  const { id: delivery, tag } = push
  if (tag !== undefined) await recordPush(options, { hook, package: row.package_id, delivery, tag, body, at })
  return 'accepted'
}

interface ReceivedPush {
  hook: PackageHookId
  package: PackageId
  delivery: string
  tag: string
  body: Buffer
  at: Date
}

/** A delivery that came before, under the same id or another one, has no effect. Deletes what is older than 90 days. */
async function recordPush({ db, startSync }: GitOptions, push: ReceivedPush): Promise<void> {
  const { hook, package: of, delivery, tag, body, at } = push
  await inTransaction(db, async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('push_events')
      .values({
        hook_id: hook,
        delivery_id: delivery,
        body_hash: createHash('sha256').update(body).digest(),
        tag: tag.slice(0, 1000),
        received_at: at,
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (!numInsertedOrUpdatedRows) return
    const old = new Date(at.getTime() - EVENTS_KEPT_MS)
    await tx.deleteFrom('push_events').where('hook_id', '=', hook).where('received_at', '<', old).execute()
    await tx.updateTable('package_hooks').set({ last_push_at: at }).where('id', '=', hook).execute()
    await startSync?.(tx, { package: of, at })
  })
}

async function liveHook(db: Db, id: string) {
  if (!isId('hok', id)) return undefined
  return hooks(db).where('id', '=', id).where('removed_at', 'is', null).executeTakeFirst()
}

const hooks = (db: Db) =>
  db
    .selectFrom('package_hooks')
    .select(['id', 'package_id', 'host', 'repository_id', 'key_id', 'sealed', 'host_hook_id', 'last_push_at'])

type Row = NonNullable<Awaited<ReturnType<typeof liveHook>>>

const asHook = ({ sealing, publicUrl }: GitOptions, row: Row): PackageHook => ({
  id: row.id,
  host: row.host,
  repository: row.repository_id,
  url: `${publicUrl}/callbacks/git/${row.id}`,
  secret: sealing.open({ keyId: row.key_id, sealed: row.sealed }, row.id),
  isInstalled: row.host_hook_id !== null,
  lastPushAt: row.last_push_at ?? undefined,
})
