import { type GitHost, GitHostFailure } from '#kernel/git-host'
import { aMarket } from './a-market.ts'
import { aVisitor, type Visitor } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'
import { aGit, aGitIntegration, exampleHost } from './git.ts'

export type GitApp = Awaited<ReturnType<typeof aGitApp>>

/** A host where we may not create hooks. */
const withoutHooks: GitHost = {
  ...exampleHost,
  findRepository: async (grant) => (await exampleHost.listRepositories(grant, 1)).repositories[0],
  createHook: () => Promise.reject(new GitHostFailure('forbidden', 'The account may not.')),
}

/** The doors of a demo market that knows one Git host, `git.example`, where we may not create hooks. */
export async function aGitApp(host: Partial<GitHost> = {}) {
  const { db, close } = await aDatabase('market')
  const market = await aMarket(db)
  const git = aGit({ db, hosts: [{ ...withoutHooks, ...host }] })
  const { app } = await anApp(db, { git })
  return {
    db,
    market,
    git,
    app,
    async signedIn(name: string): Promise<Visitor> {
      const visitor = aVisitor(app)
      await visitor.signIn(name)
      return visitor
    },
    /** An integration of an org, by default of `northwind`. */
    connected: (org = 'northwind', name = 'vendor') =>
      aGitIntegration(db, { org: market.org(org), customer: market.person(name) }),
    async close() {
      await app.close()
      await close()
    },
  }
}
