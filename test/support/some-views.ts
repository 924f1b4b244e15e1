import { aMarket } from './a-market.ts'
import { aDatabase } from './database.ts'
import { aConnection, aMcpDoor } from './mcp.ts'
import { aModernClient } from './mcp-clients.ts'

/** The demo market, a buyer with a client that shows views, and the page of each view as that client reads it. */
export async function someViews() {
  const database = await aDatabase('market')
  const market = await aMarket(database.db)
  const door = await aMcpDoor({ db: database.db })
  const who = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  const client = await aModernClient(door, (await aConnection(database.db, who)).token, { showsViews: true })
  const html = { quote: '', operation: '', licences: '' }
  for (const { uri } of await client.resources()) {
    const name = uri.replace('ui://packagento/', '') as keyof typeof html
    html[name] = (await client.resource(uri)).text ?? ''
  }
  return {
    market,
    client,
    html,
    close: async () => {
      await client.close()
      await door.close()
      await database.close()
    },
  }
}
