import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { openLogger } from '#platform/logger'
import { logRequests } from '../../src/platform/request-log.ts'

/** An app with a frequent and a usual route, which answer with the status in their query; `levels` requests one. */
async function anApp({ level = 'debug' } = {}) {
  const lines: string[] = []
  const app = Fastify()
  logRequests(app, openLogger({ level, destination: { write: (line) => void lines.push(line) } }))
  for (const [url, isFrequent] of [
    ['/frequent', true],
    ['/usual', false],
  ] as const)
    app.get<{ Querystring: { status: string } }>(url, { config: { isFrequent } }, (request, reply) =>
      reply.code(Number(request.query.status)).send(''),
    )
  return {
    levelsOf: async (url: string) => {
      lines.length = 0
      await app.inject({ url })
      return lines.map((line) => (JSON.parse(line) as { level: number }).level)
    },
  }
}

const DEBUG = 20
const INFO = 30

describe('the request log', () => {
  test.for([
    ['/usual?status=200', INFO],
    ['/usual?status=404', INFO],
    ['/frequent?status=200', DEBUG],
    ['/frequent?status=304', DEBUG],
    ['/frequent?status=401', INFO],
    ['/frequent?status=500', INFO],
  ] as const)('a request for %s is logged once at level %i', async ([url, level]) => {
    const { levelsOf } = await anApp()
    expect(await levelsOf(url)).toEqual([level])
  })

  test('at level info, a good answer of a frequent route is not logged', async () => {
    const { levelsOf } = await anApp({ level: 'info' })
    expect(await levelsOf('/frequent?status=200')).toEqual([])
    expect(await levelsOf('/usual?status=200')).toEqual([INFO])
  })
})
