import { createHash } from 'node:crypto'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { boundedMap } from './bounded-map.ts'

/** A statement that is run seldom is not worth the memory of its plan. */
const NAMED_FROM = 3
/** Texts that are counted; a list of another length is another text. */
const MOST_COUNTED = 1_000
/** In characters. What is longer inserts many rows at once. */
const LONGEST = 8_000
/** Plans that one connection keeps. */
const MOST_ON_A_CONNECTION = 300

/**
 * A pool for Kysely that names each statement which is run repeatedly, so that Postgres plans it once for each
 * connection. A plan that is stale, or gone, is retried once without a name. Inside a transaction that is impossible,
 * so the transaction fails with an error that `isStalePlan` knows. In both cases the connection is then replaced.
 */
export function namingStatements(pool: pg.Pool): PostgresPool {
  const nameOf = statementNames()
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client) ?? namingClient(client, nameOf)
      clients.set(client, known)
      return known
    },
  }
}

/** The same text has the same name in every process. None for what is not to be prepared. */
function statementNames(): (text: string) => string | undefined {
  const counted = boundedMap<string, { runs: number; name: string | undefined }>(MOST_COUNTED)
  return (text) => {
    const known = counted.get(text)
    if (known?.name) return known.name
    if (text.length > LONGEST || !/^\s*(select|insert|update|delete|with)\b/i.test(text)) return undefined
    const runs = (known?.runs ?? 0) + 1
    const name = runs < NAMED_FROM ? undefined : createHash('sha256').update(text).digest('base64url')
    counted.set(text, { runs, name })
    return name
  }
}

function namingClient(
  client: pg.PoolClient,
  nameOf: (text: string) => string | undefined,
): PostgresPoolClient {
  const prepared = new Set<string>()
  let isWorn = false

  async function run(text: string, values: unknown[]) {
    const name = nameOf(text)
    if (!name) return client.query(text, values)
    prepared.add(name)
    isWorn ||= prepared.size > MOST_ON_A_CONNECTION
    try {
      return await client.query({ name, text, values })
    } catch (error) {
      if (!isStalePlan(error)) throw error
      isWorn = true
      if (client.getTransactionStatus() !== 'I') throw error
      return client.query(text, values)
    }
  }

  function query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(asked: unknown, values: readonly unknown[] = []): unknown {
    if (typeof asked !== 'string') throw new TypeError('no statement of ours is read by a cursor')
    return run(asked, [...values])
  }

  return { query, release: (destroy) => client.release(destroy === true || isWorn) }
}

/**
 * Whether Postgres did not run a named statement: its result has other types than when it was planned, or the
 * connection does not have it any more. Nothing was changed, and the next connection plans it anew.
 */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  const { code, routine } = error
  return code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
}
