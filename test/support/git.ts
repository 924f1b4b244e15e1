import { randomBytes } from 'node:crypto'
import { type Git, gitOn } from '#domain/git'
import type { GitHost } from '#kernel/git-host'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openSecrets, type Secrets } from '#platform/secrets'

interface GitWanted {
  db: Db
  /** Default: none is configured. */
  hosts?: readonly GitHost[]
  secrets?: Secrets
  publicUrl?: string
  startSync?: Parameters<typeof gitOn>[0]['startSync']
}

/** The Git hosts of a deployment. */
export const aGit = ({
  db,
  hosts = [],
  secrets = openSecrets({ key: randomBytes(32).toString('base64') }),
  publicUrl = 'https://market.example',
  startSync,
}: GitWanted): Git =>
  gitOn({
    db,
    hosts,
    sealing: secrets,
    publicUrl,
    log: openLogger({ level: 'silent', destination: { write() {} } }),
    ...(startSync && { startSync }),
  })
