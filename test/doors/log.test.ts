import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leafHash, openCheckpoint, provesConsistency, provesInclusion } from '#domain/transparency'
import { openSecrets } from '#platform/secrets'
import { aMarket } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db, { secrets }))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

interface Feed {
  size: number
  entries: { leaf: number; body: string }[]
  next: string | null
}

const inject = (url: string) => app.inject({ url, headers: { host: 'market.example' } })
const text = async (url: string) => (await inject(url)).body
const json = async <T>(url: string) => (await inject(url)).json<T>()
const head = async () => {
  const opened = openCheckpoint(await text('/log/head'), (await text('/log/key')).trim())
  if (!opened) throw new Error('the head is not signed by the key')
  return opened
}
const bytes = (path: string[]) => path.map((hash) => Buffer.from(hash, 'hex'))

describe('the transparency log', () => {
  test('the head is a checkpoint that the published key has signed', async () => {
    const checkpoint = await text('/log/head')
    const key = (await text('/log/key')).trim()
    expect(checkpoint).toMatch(
      /^market\.example\/log\n\d+\n[\w+/]{43}=\n\n— market\.example\/log [\w+/]+=*\n$/,
    )
    expect(key).toMatch(/^market\.example\/log\+[0-9a-f]{8}\+[\w+/]+=*$/)
    expect(openCheckpoint(checkpoint, key)?.size).toBeGreaterThan(10)
    const larger = checkpoint.replace(/\n\d+\n/, '\n999\n')
    expect(openCheckpoint(larger, key)).toBeUndefined()
    expect(openCheckpoint(checkpoint, key.replace('market', 'other'))).toBeUndefined()
  })

  test('all processes sign with the same key, which no row shows', async () => {
    const other = await anApp(database.db, { secrets })
    expect((await other.app.inject('/log/key')).body).toBe(await text('/log/key'))
    expect((await other.app.inject('/log/head')).body).toBe(await text('/log/head'))
    await other.app.close()
    const row = await database.db.selectFrom('transparency_key').select('sealed').executeTakeFirstOrThrow()
    expect(row.sealed.toString('latin1')).not.toContain('PRIVATE KEY')
  })

  test('the feed has all entries in their order, page by page', async () => {
    const { size } = await head()
    const found: number[] = []
    for (let next: string | null = '/log.json?limit=7'; next;) {
      const page: Feed = await json<Feed>(next.replace('https://market.example', ''))
      expect(page.entries.length).toBeLessThanOrEqual(7)
      found.push(...page.entries.map(({ leaf }) => leaf))
      ;({ next } = page)
    }
    expect(found).toEqual([...Array(size).keys()])
  })

  test('the feed finds what happened to a package, and to a zip by its hash', async () => {
    const { entries } = await json<Feed>('/log.json?package=northwind/module-search')
    const zips = entries.map(({ body }) => (JSON.parse(body) as { zip_sha256: string }).zip_sha256)
    const [zip = ''] = zips
    const ofZip = await json<Feed>(`/log.json?zip=${zip}`)
    expect(zips.length).toBeGreaterThan(1)
    expect(ofZip.entries).toEqual([entries[0]])
    expect((await json<Feed>(`/log.json?zip=${'0'.repeat(64)}`)).entries).toEqual([])
  })

  test('proofs show that the head contains each entry, and that each earlier log is its beginning', async () => {
    const now = await head()
    for (let leaf = 0; leaf < now.size; leaf++) {
      const proof = await json<{ body: string; leaf_hash: string; path: string[] }>(
        `/log/inclusion?leaf=${leaf}`,
      )
      const hash = leafHash(proof.body)
      expect(proof.leaf_hash).toBe(hash.toString('hex'))
      expect(provesInclusion({ leaf, hash, path: bytes(proof.path) }, now)).toBe(true)
    }
    const empty = { size: 0, root: leafHash('') }
    expect(provesConsistency(empty, now, [])).toBe(false)
    const { path } = await json<{ path: string[] }>(`/log/consistency?from=${now.size}`)
    expect(provesConsistency(now, now, bytes(path))).toBe(true)
  })

  test.for([
    ['/log/inclusion', 400, 'log_query_invalid'],
    ['/log/inclusion?leaf=-1', 400, 'log_query_invalid'],
    ['/log/inclusion?leaf=99999', 404, 'log_entry_not_found'],
    ['/log/inclusion?leaf=1&size=99999', 400, 'log_size_invalid'],
    ['/log/inclusion?leaf=5&size=5', 404, 'log_entry_not_found'],
    ['/log/consistency?from=99999', 400, 'log_size_invalid'],
    ['/log/consistency?from=3&to=2', 400, 'log_size_invalid'],
    ['/log.json?limit=0', 400, 'log_query_invalid'],
    ['/log.json?limit=1001', 400, 'log_query_invalid'],
    ['/log.json?zip=abc', 400, 'log_query_invalid'],
    ['/log.json?from=1e99', 400, 'log_query_invalid'],
    ['/log.json?package=a%00b', 400, 'log_query_invalid'],
  ] as const)('%s is refused with %i %s', async ([url, status, code]) => {
    const answer = await app.inject(url)
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([status, code])
  })

  test('the page shows the newest entries first, and older ones behind a link', async () => {
    const { size } = await head()
    const page = await text('/log')
    expect(page).toContain(`/log/inclusion?leaf=${size - 1}"`)
    expect(page).toContain('northwind/module-search')
    expect(page).not.toContain('northwind/module-core')
    const older = await text(`/log?before=${size - 1}`)
    expect(older).not.toContain(`/log/inclusion?leaf=${size - 1}"`)
    expect(older).toContain(`/log/inclusion?leaf=${size - 2}"`)
    const ofPackage = await text('/log?package=northwind/module-search')
    expect(ofPackage).toContain('Only northwind/module-search.')
    expect(ofPackage).not.toContain('fabrikam')
    for (const nonsense of ['/log?before=x', '/log?package=A%01&before=-1', '/log?package=a&package=b'])
      expect((await inject(nonsense)).statusCode).toBe(200)
  })

  test('any site may read the feed', async () => {
    expect((await app.inject('/log.json')).headers['access-control-allow-origin']).toBe('*')
  })

  test('a network that asks too often is told to wait, and others are answered', async () => {
    const of = (remoteAddress: string) => app.inject({ url: '/log/head', remoteAddress })
    let answer = await of('192.0.2.9')
    for (let asked = 1; asked < 301; asked++) answer = await of('192.0.2.9')

    expect(answer.statusCode).toBe(429)
    expect(answer.json()).toMatchObject({ error: { code: 'temporarily_unavailable' } })
    expect(answer.headers['retry-after']).toBeDefined()
    expect((await of('192.0.2.10')).statusCode).toBe(200)
  })
})
