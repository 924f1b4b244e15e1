import { randomBytes } from 'node:crypto'
import { mintId } from '#kernel/ids'
import type { Market } from './demo-market.ts'

/**
 * Makes a package of the market follow a repository at `git.example`: its newest version has one check that fails, and a
 * tag with markup was skipped. Returns the id of that version.
 */
export async function aFollowedTags(market: Market, name: string): Promise<string> {
  const { db } = market
  const at = new Date('2026-11-20T10:00:00Z')
  const packageId = market.package(name)
  const { id } = await db
    .selectFrom('versions')
    .select('id')
    .where('package_id', '=', packageId)
    .orderBy('released_at', 'desc')
    .executeTakeFirstOrThrow()
  // the seed has published it from the sandbox's GitHub
  for (const table of ['package_hooks', 'package_syncs', 'tag_observations'] as const)
    await db.deleteFrom(table).where('package_id', '=', packageId).execute()
  await db.deleteFrom('version_checks').where('version_id', '=', id).execute()
  await db
    .insertInto('package_hooks')
    .values({
      id: mintId('hok', at, Math.random),
      package_id: packageId,
      kind: 'gitea',
      host: 'git.example',
      repository_id: '7',
      key_id: 'k',
      sealed: randomBytes(40),
      created_at: at,
    })
    .execute()
  const sync = { package_id: packageId, asked: 1, ended: 1, ended_at: at, next_look_at: at }
  await db.insertInto('package_syncs').values(sync).execute()
  const found = { version_id: id, checked_at: at }
  await db
    .insertInto('version_checks')
    .values([
      { ...found, name: 'manifest', status: 'pass', message: 'Composer can read it.' },
      { ...found, name: 'secrets', status: 'fail', message: 'A key is in <b>config.php\u202E.' },
    ])
    .execute()
  const skipped = {
    outcome: 'skipped',
    reason: 'not_a_version_tag',
    message: 'The tag does not begin with two to four numbers, such as 1.5, 1.2.3 or 2026.11.30.',
  } as const
  await db
    .insertInto('tag_observations')
    .values({
      package_id: packageId,
      tag: '<script>nightly\u202E',
      commit_sha: 'a'.repeat(40),
      observed_at: at,
      decided_at: at,
      ...skipped,
    })
    .execute()
  return id
}
