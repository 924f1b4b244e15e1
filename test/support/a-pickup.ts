import { randomBytes } from 'node:crypto'
import { hashOfPrivateKey, projectOfKeys } from '#domain/projects'
import { openSecrets } from '#platform/secrets'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'
import { aConnection, aMcpDoor, aPerson, noLimits, type Person, PUBLIC_URL } from './mcp.ts'
import { aModernClient } from './mcp-clients.ts'

/** The fields of an answer with a pickup that tests read. */
export interface Offered {
  project: string
  token?: string
  pickup: { url: string; expires_at: string; commands: [string, string] }
  next_step: string
  [more: string]: unknown
}

/** The MCP endpoint and the other doors over one database with one clock; `clock.at` changes the time. */
export async function aPickupMarket() {
  const { db, close } = await aDatabase()
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const clock = { at: new Date() }
  const now = () => clock.at
  const door = await aMcpDoor({ db, secrets, now, limits: noLimits() })
  const { app, logged } = await anApp(db, { publicUrl: PUBLIC_URL, secrets, now })
  const host = new URL(PUBLIC_URL).host

  return {
    db,
    app,
    door,
    secrets,
    clock,
    logged: () => door.logged() + JSON.stringify(logged()),
    /** Lets time pass. */
    after: (ms: number) => (clock.at = new Date(clock.at.getTime() + ms)),
    /** The project that Composer can read with an auth.json. */
    opens(authJson: { 'http-basic': Record<string, { username: string; password: string }> }) {
      const { username = '', password = '' } = authJson['http-basic'][host] ?? {}
      const keys = { publicKey: username, privateKeyHash: hashOfPrivateKey(password) }
      return projectOfKeys(db, { ...keys, at: new Date() })
    },
    /** A person with a client; `ask` returns the structured content of an answer, `setUp` asks for a pickup. */
    async person(more: Parameters<typeof aPerson>[1] = {}) {
      const person = await aPerson(db, more)
      return { ...person, ...(await assistantOf(person)) }
    },
    /** Another connection of a person. */
    async connects({ customer, org }: Person) {
      const connected = await aConnection(db, { customer, activeOrg: org.id })
      return { ...connected, ...(await assistantOf(connected)) }
    },
    /** What curl sends. */
    post: (url: string, headers: Record<string, string> = {}) =>
      app.inject({
        method: 'POST',
        url: new URL(url).pathname,
        headers: { host, accept: '*/*', ...headers },
      }),
    get: (url: string) => app.inject({ url: new URL(url).pathname, headers: { host, accept: 'text/html' } }),
    async close() {
      await door.close()
      await app.close()
      await close()
    },
  }

  async function assistantOf({ token }: { token: string }) {
    const client = await aModernClient(door, token)
    const ask = async (tool: string, input: object = {}) =>
      (await client.call(tool, { ...input })).structuredContent as unknown as Offered
    const setUp = (more: object = {}) =>
      ask('setup_project', { name: 'Shop', credentials: 'pickup', ...more })
    const lastOperation = async () => {
      const { items } = await ask('list_operations', { limit: 1 })
      return (items as { operation_id: string }[])[0]?.operation_id
    }
    return { client, ask, setUp, lastOperation }
  }
}

export type PickupMarket = Awaited<ReturnType<typeof aPickupMarket>>

/** The refusal in an answer. */
export const errorOf = (answer: { json: () => { error: Record<string, string> } }) => answer.json().error
