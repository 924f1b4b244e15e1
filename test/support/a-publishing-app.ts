import { expect } from 'vitest'
import { mintId } from '#kernel/ids'
import { aMarket } from './a-market.ts'
import { auditOf } from './a-member.ts'
import { aSignedInVisitor, hiddenIn } from './a-package-page.ts'
import { aRun } from './a-run.ts'
import type { Visitor } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'

export const PUBLISH = '/account/vendor/publish'
export const ONE = 'https://git.example/contoso/module-one'

export type PublishingApp = Awaited<ReturnType<typeof aPublishingApp>>

/** The doors without a Temporal, with the owner of the vendor contoso in a browser. */
export async function aPublishingApp() {
  const { db, close } = await aDatabase()
  const market = await aMarket(db)
  const clock = { ahead: 0 }
  const { app } = await anApp(db, { now: () => new Date(Date.now() + clock.ahead) })
  const signedIn = (name: string) => aSignedInVisitor(app, name)
  const nils = await signedIn('newvendor')
  const publications = () =>
    db
      .selectFrom('operations')
      .select(['id', 'link', 'input', 'idempotency_key', 'connection_id'])
      .where('story', '=', 'publish_package')
      .where('org_id', '=', market.org('contoso'))
      .orderBy('id')
      .execute()

  /** Opens the form and sends it, later than the last one: a person may start 30 things a minute. */
  async function sends(visitor: Visitor, fields: Record<string, string>, org = 'contoso') {
    clock.ahead += 2_500
    const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
    return visitor.post(PUBLISH, { org, key, ...fields })
  }

  return {
    db,
    market,
    nils,
    signedIn,
    publications,
    sends,
    /** A publication that Nils began on the page. */
    async begun(repositories = ONE) {
      const { headers } = await sends(nils, { repositories })
      const { id = mintId('op', Date.now(), Math.random), link } = (await publications()).at(-1) ?? {}
      expect(headers.location).toBe(`/o/${link}`)
      return { visitor: nils, id, run: aRun(db, id), path: `/o/${link}` }
    },
    lastEvent: async () => (await auditOf(db, market.org('contoso'))).at(-1),
    async close() {
      await app.close()
      await close()
    },
  }
}
