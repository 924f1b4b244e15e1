import { aMarket } from './a-market.ts'
import { aVisitor, type Visitor } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'

export type MarketApp = Awaited<ReturnType<typeof aMarketApp>>

/** All doors of a demo market in a database of its own, for injected requests. */
export async function aMarketApp(wanted?: Parameters<typeof anApp>[1]) {
  const { db, close } = await aDatabase('market')
  const market = await aMarket(db)
  const { app, secrets } = await anApp(db, wanted)
  return {
    db,
    market,
    app,
    secrets,
    /** A person in a browser, on a page: `buyer` of `acme-retail` unless named. */
    async signedIn(name = 'buyer', page = '/account'): Promise<Visitor> {
      const visitor = aVisitor(app)
      await visitor.signIn(name)
      await visitor.get(page)
      return visitor
    },
    async close() {
      await app.close()
      await close()
    },
  }
}
