import { createHash } from 'node:crypto'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { boundedMap } from './bounded-map.ts'

/** A statement gets a name at its third run. A plan for a rarer statement would waste memory. */
const NAMED_FROM = 3
/** How many texts are counted. A statement with a list has one text for each length of the list. */
const MAX_COUNTED = 1_000
/** In characters. A longer statement inserts many rows at once and gets no name. */
const MAX_LENGTH = 8_000
/** How many plans one connection keeps. */
const MAX_ON_A_CONNECTION = 300

/**
 * A pool for Kysely that names each statement which is run repeatedly, so that Postgres plans it once for each
 * connection. When its plan is stale or gone, the statement runs once more without a name. Inside a transaction that is
 * impossible, so the transaction fails, and `isStalePlan` recognises the error. In both cases the connection is
 * replaced, and also after a statement that was not answered in time.
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

/** Gives a text the same name in every process. Returns undefined for a text that should not be prepared. */
function statementNames(): (text: string) => string | undefined {
  const counted = boundedMap<string, { runs: number; name: string | undefined }>(MAX_COUNTED)
  return (text) => {
    const known = counted.get(text)
    if (known?.name) return known.name
    if (text.length > MAX_LENGTH || !/^\s*(select|insert|update|delete|with)\b/i.test(text)) return undefined
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
  let isReplaced = false
  let hangs: Error | undefined

  async function run(text: string, values: unknown[]) {
    // the server owes an answer, and a rollback would wait behind it for as long again
    if (hangs) throw hangs
    try {
      return await runNamed(text, values)
    } catch (error) {
      if (isUnanswered(error)) hangs = error
      throw error
    }
  }

  async function runNamed(text: string, values: unknown[]) {
    const name = nameOf(text)
    if (!name) return client.query(text, values)
    prepared.add(name)
    isReplaced ||= prepared.size > MAX_ON_A_CONNECTION
    try {
      return await client.query({ name, text, values })
    } catch (error) {
      if (!isStalePlan(error)) throw error
      isReplaced = true
      if (client.getTransactionStatus() !== 'I') throw error
      return client.query(text, values)
    }
  }

  function query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  function query(statement: unknown, values: readonly unknown[] = []): unknown {
    if (typeof statement !== 'string') throw new TypeError('this pool does not support cursors')
    return run(statement, [...values])
  }

  return {
    query,
    release: (destroy) => client.release(destroy === true || isReplaced || hangs !== undefined),
  }
}

/** True when node-postgres has stopped to wait for an answer. The statement may still run. */
const isUnanswered = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout'

/**
 * True when Postgres did not run a named statement, because the types of its result have changed since it was planned
 * or because the connection has lost its plan. Nothing was written. The next connection plans it again.
 */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  const { code, routine } = error
  return code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
}
