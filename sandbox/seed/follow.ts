import type { Git } from '#domain/git'
import { completeOnce } from '#domain/operations'
import { orgForCustomer, SCOPES } from '#domain/orgs'
import { endSync } from '#domain/publications'
import { type CustomerId, mintId, type OrgId, type PackageId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { VENDORS } from './cast.ts'

/** The GitHub of the sandbox, and our module that connects to it. */
export interface OwnGitHub {
  git: Git
  /** As in URLs, such as `127.0.0.1:12112`. */
  host: string
  /** The ids of the repositories, by the name of the package. */
  repositories: ReadonlyMap<string, number>
  /** Lets our application use repositories of an account. Returns the id of the installation. */
  install: (account: string, repositories: number[]) => number
}

interface Following {
  github: OwnGitHub
  packages: readonly { id: PackageId; name: string }[]
  at: Date
}

/**
 * Connects the vendors to the sandbox's GitHub as a consent would, and lets their packages follow its repositories. From
 * now on a pushed tag becomes a version. It may run again.
 */
export async function followRepositories(db: Db, { github, packages, at }: Following): Promise<void> {
  const { git, host, repositories } = github
  for (const vendor of VENDORS) {
    const own = packages.filter(({ name }) => name.startsWith(`${vendor.slug}/`))
    if (!own.length) continue
    const org = await ownerOf(db, vendor.slug)
    await connect(db, { github, account: vendor.slug, ...org, at })
    for (const { id, name } of own) {
      const hook = (await git.hookOf(id))?.id ?? mintId('hok', at, Math.random)
      const repository = String(repositories.get(name))
      await git.installHook({ hook, package: id, org: org.org, host, repository, at })
      await followTags(db, id, at)
    }
  }
}

interface Owner {
  org: OrgId
  customer: CustomerId
}

async function ownerOf(db: Db, slug: string): Promise<Owner> {
  const row = await db
    .selectFrom('vendors as v')
    .innerJoin('org_members as m', 'm.org_id', 'v.org_id')
    .select(['v.org_id as org', 'm.customer_id as customer'])
    .where('v.slug', '=', slug)
    .where('m.role', '=', 'owner')
    .executeTakeFirstOrThrow()
  return row
}

/** Stores what a consent of the owner at the host would store. */
async function connect(
  db: Db,
  { github, account, org: id, customer, at }: Owner & { github: OwnGitHub; account: string; at: Date },
): Promise<void> {
  const { host, repositories, install } = github
  const own = [...repositories].filter(([name]) => name.startsWith(`${account}/`)).map(([, each]) => each)
  const installation = install(account, own)
  await inTransaction(db, async (tx) => {
    const asked = {
      story: 'start_git_integration',
      key: `sandbox-${account}`,
      caller: { customer, scopes: SCOPES },
      org: await orgForCustomer(tx, customer, id),
      input: { host },
      at,
    }
    await completeOnce(tx, asked, async (operation) => {
      const integration = mintId('git', at, Math.random)
      await tx
        .insertInto('git_integrations')
        .values({
          id: integration,
          org_id: id,
          kind: 'github',
          host,
          account_id: String(installation),
          account_name: account,
          may_hook: true,
          repositories: own.map(String),
          connected_by: customer,
          connected_at: at,
          operation_id: operation,
        })
        .execute()
      return { result: { integrations: [{ id: integration, host, account }] }, object: integration }
    })
  })
}

/** The tags are looked at when the next look is due, and before it when the host reports a push. */
async function followTags(db: Db, id: PackageId, at: Date): Promise<void> {
  await db
    .insertInto('package_syncs')
    .values({ package_id: id, next_look_at: at })
    .onConflict((on) => on.doNothing())
    .execute()
  await endSync(db, { packageId: id, asked: 0, at })
}
