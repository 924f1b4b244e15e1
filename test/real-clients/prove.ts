import assert from 'node:assert/strict'
import fs from 'node:fs'
import { inPackages, type RealClient, surroundingsOf, versionOf } from './client.ts'
import { aPurchaseThatWaits, type Cardholder, type Proof } from './conversation.ts'
import { aWire, noWayOut } from './wire.ts'

/** What a client did at our endpoint. */
export interface Outcome extends Proof {
  client: string
  hasNoModel?: true
  version: string
  protocol: string
  /** JSON-RPC methods it used, and HTTP methods other than POST. */
  methods: string[]
  /** Our tools that it offered to its model, of those that it should. */
  listed: string[]
  tools: readonly string[]
  /** Hosts it wanted to reach besides, in vain. */
  strayed: string[]
  /** Why it did not get to the end. */
  failure?: string
  /** Its package brings no program for this platform, so nothing is known of it. */
  isAbsent: boolean
}

interface Wanted {
  mcp: string
  token: string
  /** What the token may list. */
  tools: readonly string[]
  dir: string
  buyer: Cardholder
}

/** One session of a client. A failure is part of the outcome. */
export async function prove(client: RealClient, { mcp, tools, buyer, ...more }: Wanted): Promise<Outcome> {
  const [wire, outside] = [await aWire(mcp), await noWayOut()]
  const proof: Proof = { read: false, refused: false, bought: false, shown: [] }
  const session: { listed: string[]; failure?: string } = { listed: [] }
  const isAbsent = !fs.existsSync(inPackages(client.program))
  try {
    if (!isAbsent) {
      const surroundings = surroundingsOf(client, { ...more, outside: outside.url, mcp: wire.mcp })
      session.listed = await client.converse(surroundings, aPurchaseThatWaits(buyer, client.name, proof))
      assert(proof.bought, 'it ended before the purchase was over')
      assert.deepEqual(session.listed.toSorted(), tools.toSorted(), 'it lists other tools')
    }
  } catch (e) {
    session.failure = whyIn(e)
  } finally {
    wire.close()
    outside.close()
  }
  return {
    client: client.name,
    ...(client.hasNoModel && { hasNoModel: true }),
    version: versionOf(client),
    protocol: wire.protocols().join(', '),
    methods: wire.methods(),
    strayed: outside.wanted(),
    tools,
    isAbsent,
    ...proof,
    ...session,
  }
}

/** The cause says more: what a conversation threw, or what a client printed. */
function whyIn(e: unknown): string {
  if (!(e instanceof Error)) return String(e)
  return e.cause ? `${e.message}: ${whyIn(e.cause)}` : e.message
}
