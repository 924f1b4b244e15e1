import type { CompiledQuery } from 'kysely'
import type { Db } from './database.ts'

/**
 * Builds and compiles a query once, and runs it with other values each time, because building a query costs as much as
 * running it. `build` gets placeholders instead of values, so it may only pass them to the query, or test whether one
 * is undefined. Each combination of given values has its own query.
 */
export function compiledOnce<Values extends object, Row>(
  build: (db: Db, values: Values) => { compile: () => CompiledQuery<Row> },
): (db: Db, values: Values) => Promise<Row[]> {
  const compiled = new Map<string, CompiledQuery<Row>>()
  return async (db, values) => {
    const given = Object.entries(values).filter(([, value]) => value !== undefined)
    const shape = given.map(([name]) => name).join()
    let query = compiled.get(shape)
    if (!query) {
      const placeholders = given.map(([name]) => [name, new Placeholder(name as keyof Values)] as const)
      query = build(db, Object.fromEntries(placeholders) as unknown as Values).compile()
      compiled.set(shape, query)
    }
    const parameters = query.parameters.map((one) =>
      one instanceof Placeholder ? values[one.name as keyof Values] : one,
    )
    return (await db.executeQuery<Row>({ ...query, parameters })).rows
  }
}

class Placeholder<Name> {
  readonly name: Name
  constructor(name: Name) {
    this.name = name
  }
}
