import { aMarket } from './a-market.ts'
import { aMember, type MemberWanted } from './a-member.ts'
import { aDatabase } from './database.ts'
import { aMcpDoor } from './mcp.ts'
import { aModernClient } from './mcp-clients.ts'

export type MarketDoor = Awaited<ReturnType<typeof aMarketDoor>>

/** The MCP door of a demo market in a database of its own. */
export async function aMarketDoor() {
  const { db, close } = await aDatabase('market')
  const market = await aMarket(db)
  const door = await aMcpDoor({ db })
  return {
    db,
    market,
    door,
    /** A person with a client of today's protocol, for one test. */
    member: (who?: MemberWanted) => aMember({ door, market }, aModernClient, who),
    async close() {
      await door.close()
      await close()
    },
  }
}
