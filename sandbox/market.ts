import nodePath from 'node:path'
import { gitOn } from '#domain/git'
import type { GitHost } from '#kernel/git-host'
import { openDatabase } from '#platform/database'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { openLogger } from '#platform/logger'
import { openPayments, PaymentOutcomeUnknown, PaymentsMisconfigured } from '#platform/payments'
import { openSecrets } from '#platform/secrets'
import { openDiskStorage } from '#platform/storage'
import type { OwnGitHosts } from './git/own.ts'
import { Refused } from './refused.ts'
import { seed } from './seed/index.ts'
import { repositoriesIn } from './seed/repositories.ts'

export interface ProviderAccess {
  secretKey: string
  /** The URL of the stand-in. Absent for the real provider. */
  apiBase?: string | undefined
  webhookSecret?: string
}

interface MarketPlace {
  databaseUrl: string
  storageDir: string
  stripe: ProviderAccess
  /** Undefined when GIT_HOSTS names real hosts. */
  git: OwnGitHosts | undefined
  /** The folder of the seeded repositories when the sandbox starts no Git host. */
  gitDir: string
  secretsKey: string
  publicUrl: string
}

/** Fills the database with the demo market, unless it has one. */
export async function seedMarket(place: MarketPlace): Promise<void> {
  const { databaseUrl, storageDir, git, gitDir } = place
  const { secretKey, apiBase } = place.stripe
  const payments = openPayments({ secretKey, deployment: 'sandbox', ...(apiBase && { apiBase }) })
  const { db, close } = openDatabase(databaseUrl, { max: 2 })
  const github = git && {
    ...git.github,
    git: gitOn({
      db,
      hosts: openGitHosts(gitHostsSetting.parse(git.setting)).map((host) => directly(host, git)),
      sealing: openSecrets({ key: place.secretsKey }),
      publicUrl: place.publicUrl,
      log: openLogger({ level: 'warn' }),
    }),
  }
  const repositories = git?.github.folders ?? (await repositoriesIn(nodePath.join(gitDir, 'seed')))
  try {
    const storage = openDiskStorage(storageDir)
    await seed({ db, payments, storage, repositories, github, at: new Date() })
  } catch (e) {
    const isOfProvider = e instanceof PaymentOutcomeUnknown || e instanceof PaymentsMisconfigured
    throw isOfProvider && !apiBase ? new Refused(`${e.message} Correct STRIPE_SECRET_KEY, or remove it.`) : e
  } finally {
    await close()
  }
}

/** Answers the seed's calls to our GitHub without HTTP, which would take longer than the rest of the seed. */
const directly = (host: GitHost, { github }: OwnGitHosts): GitHost => ({
  ...host,
  async findRepository(_, wanted) {
    const found = [...github.repositories].find(([, id]) => 'id' in wanted && String(id) === wanted.id)
    if (host.host !== github.host || !found) return undefined
    const [path, id] = found
    const cloneUrl = `http://${host.host}/${path}.git`
    return { id: String(id), path, cloneUrl, isPrivate: true, canPush: true }
  },
  createHook: async (_, { id }, hook) => String(github.addHook({ ...hook, repository: Number(id) }).id),
})
