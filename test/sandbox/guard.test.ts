import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardedServer, mayControl } from '../../sandbox/guard.ts'
import { bodyOf } from '../../sandbox/stripe/request-body.ts'

let server: http.Server
let port: number
beforeAll(async () => {
  server = guardedServer(
    async (request, response) => void response.end(`${(await bodyOf(request)).length}`),
    (error) => {
      throw error
    },
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

function statusOf(method: string, headers: Record<string, string>, body = ''): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, method, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject).end(body)
  })
}

const OWN = () => `http://127.0.0.1:${port}`

describe('a stand-in of the sandbox', () => {
  test('a stand-in answers programs, its own forms, and a person who follows a link', async () => {
    const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(await statusOf('POST', {})).toBe(200)
    expect(await statusOf('POST', { host: `localhost:${port}` })).toBe(200)
    expect(await statusOf('POST', { origin: OWN(), 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await statusOf('POST', { origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await statusOf('GET', { ...navigation, 'sec-fetch-site': 'cross-site' })).toBe(200)
  })

  test.for<[string, string, Record<string, string>]>([
    ['a name of its own that leads to this machine', 'GET', { host: 'evil.example' }],
    ['a look-alike name', 'GET', { host: '127.0.0.1.evil.example' }],
    ['a request of its script', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a request of its script, from another port', 'POST', { 'sec-fetch-site': 'same-site' }],
    [
      'a form of its own',
      'POST',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    [
      'a frame',
      'GET',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    ['an old browser that only names its origin', 'POST', { origin: 'https://evil.example' }],
    ['an opaque origin', 'POST', { origin: 'null' }],
  ])('a page of another site gets nothing from a stand-in by %s', async ([, method, headers]) => {
    expect(await statusOf(method, headers)).toBe(403)
  })

  test('a stand-in reads at most 4 MiB of a body', async () => {
    expect(await statusOf('POST', {}, 'x'.repeat(4 * 1024 * 1024))).toBe(200)
    expect(await statusOf('POST', {}, 'x'.repeat(4 * 1024 * 1024 + 1))).toBe(413)
  })

  test('only a request with the key may control a stand-in that has one', () => {
    const asked = (key?: string) => mayControl({ headers: { 'x-sandbox-key': key } } as never, 'the-key')
    expect([asked('the-key'), asked('the-kex'), asked(''), asked()]).toEqual([true, false, false, false])
  })
})
