import assert from 'node:assert/strict'
import fs from 'node:fs'
import { inPackages, type RealClient, surroundingsOf, versionOf } from './client.ts'
import { aPurchaseThatWaits, type Cardholder, type Proof } from './conversation.ts'
import type { Person } from './person.ts'
import { aBlockingProxy, type SignIn, type Wire } from './wire.ts'

/** What a client did at our endpoint in one session. */
export interface Outcome extends Proof {
  client: string
  hasNoModel?: true
  onlyLists?: true
  version: string
  protocol: string
  signIn: SignIn
  /** Why it used a token. */
  whyToken?: string
  /** The JSON-RPC methods that it used, and the HTTP methods other than POST. */
  methods: string[]
  /** The tools that it offered to its model. `tools` are those that it should offer. */
  listed: string[]
  tools: readonly string[]
  /** Other hosts that it tried to reach. The proxy blocked them. */
  blockedHosts: string[]
  /** Why the session did not reach its end. */
  failure?: string
  /** Its package has no program for this platform, so the client was not tested. */
  isAbsent: boolean
}

interface SessionInput {
  wire: Wire
  person: Person
  token: string
  /** The tools that the person may list. */
  tools: readonly string[]
  dir: string
  buyer: Cardholder
}

/** Runs one session of a client. A failure is part of the outcome. */
export async function prove(
  client: RealClient,
  { wire, tools, buyer, ...more }: SessionInput,
): Promise<Outcome> {
  const [recording, outside] = [wire.record(), await aBlockingProxy()]
  const proof: Proof = { read: false, refused: false, bought: false, shown: [] }
  const session: { listed: string[]; failure?: string } = { listed: [] }
  const isAbsent = !fs.existsSync(inPackages(client.program))
  try {
    if (!isAbsent) {
      const surroundings = surroundingsOf(client, { ...more, outside: outside.url, mcp: `${wire.url}/mcp` })
      session.listed = await client.converse(surroundings, aPurchaseThatWaits(buyer, client.name, proof))
      assert(proof.bought || client.onlyLists, 'the client ended before the purchase was over')
      assert.equal(
        recording.signIn() === 'token',
        Boolean(client.whyToken),
        'the client signed in in another way',
      )
      assert.deepEqual(session.listed.toSorted(), tools.toSorted(), 'the client lists other tools')
    }
  } catch (e) {
    session.failure = whyIn(e)
  } finally {
    outside.close()
  }
  return {
    client: client.name,
    ...(client.hasNoModel && { hasNoModel: true }),
    ...(client.onlyLists && { onlyLists: true }),
    version: versionOf(client),
    protocol: recording.protocols().join(', '),
    signIn: recording.signIn(),
    ...(client.whyToken && { whyToken: client.whyToken }),
    methods: recording.methods(),
    blockedHosts: outside.requested(),
    tools,
    isAbsent,
    ...proof,
    ...session,
  }
}

/** The message with its causes: the error of the conversation, or the output of the client. */
function whyIn(e: unknown): string {
  if (!(e instanceof Error)) return String(e)
  return e.cause ? `${e.message}: ${whyIn(e.cause)}` : e.message
}
