import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isSpecialAddress, NotFetched, publicFetch, publicFetchWith } from '#platform/public-fetch'
import { aClientSite } from '../support/a-client-site.ts'

describe('an address', () => {
  test.for([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',

    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    'localhost',
    '',
  ])('%s is not an address of the public internet', (address) => {
    expect(isSpecialAddress(address)).toBe(true)
  })

  test.for(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is an address of the public internet',
    (address) => {
      expect(isSpecialAddress(address)).toBe(false)
    },
  )
})

describe('a URL that a stranger names', () => {
  test('a fetch of a URL of this machine or its network opens no connection', async () => {
    const met = { count: 0 }
    const server = createServer((socket) => {
      met.count++
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const rebound = publicFetchWith({ resolve: async () => [at('8.8.8.8'), at('127.0.0.1')], port })

    for (const host of [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '017700000001',
      '[::1]',
      '[::ffff:7f00:1]',
    ])
      await expect(publicFetch(`https://${host}:${port}/x`)).rejects.toThrow(NotFetched)
    await expect(publicFetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('only https')
    await expect(publicFetch(`https://me@localhost:${port}/`)).rejects.toThrow('user name')
    await expect(rebound('https://client.example/')).rejects.toThrow('no public address')
    expect(met.count).toBe(0)
  })

  test('the answer of a public host is read', async () => {
    const site = await aClientSite((_, response) => response.end('{"a":1}'))
    onTestFinished(() => site.close())

    expect(await (await site.fetch('https://client.example/')).json()).toEqual({ a: 1 })
  })

  test('a public fetch refuses a redirect, a large answer and a slow answer', async () => {
    const site = await aClientSite(({ url }, response) => {
      if (url === '/redirect') response.writeHead(302, { location: 'https://127.0.0.1/' }).end()
      else if (url === '/large') response.end('x'.repeat(6_000))
      else if (url === '/drip') response.write('x')
    })
    onTestFinished(() => site.close())

    await expect(site.fetch('https://client.example/redirect')).rejects.toThrow('redirects')
    await expect(site.fetch('https://client.example/large')).rejects.toThrow('too large')
    for (const path of ['/drip', '/silent'])
      await expect(site.fetch(`https://client.example${path}`)).rejects.toThrow(/slow|did not answer/)
    expect(site.requests.count).toBe(4)
  })
})

const at = (address: string) => ({ address, family: 4 })
