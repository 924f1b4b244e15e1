import { test } from 'vitest'
import { aDatabase } from './database.ts'
import { aGitHost } from './a-git-host.ts'

/** A `test` with a GitLab, a GitHub and a database per file. The outbox is empty when a test begins. */
export const gitHostsTest = test
  .extend('opened', { scope: 'file' }, () =>
    Promise.all([aDatabase(), aGitHost('gitlab'), aGitHost('github')]),
  )
  .extend('db', { scope: 'file' }, ({ opened: [database, ...hosts] }, { onCleanup }) => {
    onCleanup(async () => {
      await Promise.all([database.close(), ...hosts.map((host) => host.stop())])
    })
    return database.db
  })
  .extend('gitlab', { scope: 'file' }, ({ opened: [, gitlab] }) => gitlab)
  .extend('github', { scope: 'file' }, ({ opened: [, , github] }) => github)
  .extend('emptyOutbox', { auto: true }, async ({ db }) => {
    await db.deleteFrom('outbox').execute()
  })
