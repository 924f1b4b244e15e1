import { expect, test } from 'vitest'
import { openLogger } from '#platform/logger'
import { loggedBy } from '#platform/temporal-log'

test('a run whose code does not fit is logged as an error, and other lines of the SDK keep their level', () => {
  const lines: string[] = []
  const log = loggedBy(openLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } }))

  log({ level: 'WARN', message: 'Failing workflow task', meta: { run_id: 'r1', failure: 'TMPRL1100' } })
  log({ level: 'WARN', message: 'gRPC call failed' })
  log({ level: 'INFO', message: 'Worker state changed' })

  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 50, msg: 'a run cannot go on with this code', temporal: { run_id: 'r1', failure: 'TMPRL1100' } },
    { level: 40, msg: 'gRPC call failed' },
  ])
  expect(lines).toHaveLength(2)
})
