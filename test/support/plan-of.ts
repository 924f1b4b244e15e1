import { type CompiledQuery, createQueryId, type KyselyPlugin, type RootOperationNode } from 'kysely'
import type { Db } from '#platform/database'

/** The plan of the only query of a read, after it has run. */
export async function planOf(db: Db, read: (db: Db) => Promise<unknown>): Promise<string> {
  const query = await queryOf(db, read)
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>({
    ...query,
    sql: `explain (analyze, costs off, timing off, buffers off) ${query.sql}`,
  })
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

async function queryOf(db: Db, read: (db: Db) => Promise<unknown>): Promise<CompiledQuery> {
  const seen: RootOperationNode[] = []
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      seen.push(node)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  await read(db.withPlugin(plugin))
  // the parts of a query come before it
  const node = seen.at(-1)
  if (!node) throw new Error('it ran no query')
  return db.getExecutor().compileQuery(node, createQueryId())
}
