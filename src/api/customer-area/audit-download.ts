import type { RecordedEvent } from '#domain/audit'
import { csvLine, csvText } from '#kernel/csv'
import type { Logger } from '#platform/logger'
import type { NamedEvent } from './audit-view.ts'

/** In characters. A chunk for each line would be slow. */
const CHUNK = 32_768

const COLUMNS: Readonly<Record<string, (event: NamedEvent) => string | number | undefined>> = {
  seq: ({ seq }) => seq,
  at: ({ at }) => at.toISOString(),
  action: ({ action }) => action,
  outcome: ({ outcome }) => outcome,
  code: ({ code }) => code,
  person: ({ customer }) => customer,
  name: ({ name }) => name,
  connection: ({ connection }) => connection,
  application: ({ application }) => application,
  client: ({ client }) => client,
  object: ({ object }) => object,
  operation: ({ operation }) => operation,
  request: ({ request }) => request,
  detail: ({ detail }) => detail && JSON.stringify(detail),
}

/** The lines of a table, head first. `withNames` looks up the names of a page. */
export async function* csvOfEvents(
  pages: AsyncIterable<RecordedEvent[]>,
  withNames: (page: RecordedEvent[]) => Promise<NamedEvent[]>,
): AsyncGenerator<string> {
  yield csvLine(Object.keys(COLUMNS))
  for await (const page of pages)
    for (const event of await withNames(page))
      yield csvLine(Object.values(COLUMNS).map((of) => cell(of(event))))
}

const cell = (value: string | number | undefined): string =>
  typeof value === 'string' ? csvText(value) : String(value ?? '')

/** One JSON text for each line: https://github.com/ndjson/ndjson-spec */
export async function* linesOf(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

/** Joins lines to larger chunks. */
export async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = ''
  }
  if (chunk) yield chunk
}

/**
 * The response has already begun, so a failure can only end it, and is logged here. The missing last line shows that the
 * file is incomplete.
 */
export async function* watched(
  lines: AsyncIterable<string>,
  { request, log, what }: { request: string; log: Logger; what: string },
): AsyncGenerator<string> {
  try {
    yield* lines
  } catch (err) {
    log.error({ err, request }, `a download of ${what} broke off`)
    throw err
  }
}
