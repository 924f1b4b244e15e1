import type { Kysely, KyselyPlugin } from 'kysely'
import type { Db } from '#platform/database'
import type { DB } from '../../src/platform/tables.ts'

/** The same database, and the kind and table of each statement that ran on it, in order. */
export function recordedStatements(db: Db): { db: Db; statements: string[] } {
  const statements: string[] = []
  const recorder: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements.push('into' in node ? `${node.kind} ${JSON.stringify(node.into)}` : node.kind)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { db: (db as Kysely<DB>).withPlugin(recorder), statements }
}
