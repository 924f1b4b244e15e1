import pg from 'pg'
import { Refused } from './refused.ts'
import { PEOPLE } from './seed/cast.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** Everybody can read the password of the demo people, so no other machine may reach them. */
export function refuseOtherMachines(host: string): void {
  if (!LOOPBACK.test(host))
    throw new Refused(
      `HOST ${host} lets other machines in, where everybody knows the password of the demo people: remove HOST, and reach ` +
        'the sandbox through a tunnel such as ssh -L 3000:127.0.0.1:3000.',
    )
}

/** The same for a database of somebody, which may hold other people. */
export async function refuseOtherMachinesTo(databaseUrl: string, host: string): Promise<void> {
  if (LOOPBACK.test(host)) return
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const addresses = PEOPLE.map(({ email }) => email)
    const { rowCount } = await client.query('select from customers where email_norm = any($1) limit 1', [
      addresses,
    ])
    if (rowCount) refuseOtherMachines(host)
  } finally {
    await client.end()
  }
}
