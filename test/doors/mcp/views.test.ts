import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import {
  aMcpDoor,
  aPerson,
  type McpDoor,
  modern,
  older,
  type Person,
  type Rpc,
  send,
} from '../../support/mcp.ts'
import { aModernClient, CLIENTS, SHOWS_VIEWS } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
  ann = await aPerson(database.db)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const URIS = ['quote', 'operation', 'licences'].map((name) => `ui://packagento/${name}`)
const TYPE = 'text/html;profile=mcp-app'
const SHOWING = { capabilities: { extensions: SHOWS_VIEWS } }

const ask = async (sent: object): Promise<Rpc> => (await send(door, { token: ann.token, ...sent })).rpc()

interface Listed {
  name: string
  _meta?: { ui: { resourceUri?: string; visibility?: string[] } }
}
const listed = async (sent: object) => (await ask(sent)).result?.tools as Listed[]

describe.for(CLIENTS)('views for a client of %s', ([name, connect]) => {
  test('a host lists the views and reads each as a page', async () => {
    const client = await (name === 'the first SDK'
      ? connect(door, ann.token)
      : aModernClient(door, ann.token, { showsViews: true }))
    onTestFinished(() => client.close())

    const resources = await client.resources()

    expect(resources.map(({ uri, mimeType }) => [uri, mimeType])).toEqual(URIS.map((uri) => [uri, TYPE]))
    for (const uri of URIS) {
      const { text, mimeType, _meta } = await client.resource(uri)
      expect([mimeType, text?.slice(0, 15)]).toEqual([TYPE, '<!doctype html>'])
      expect(_meta).toEqual({
        ui: {
          csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
          prefersBorder: true,
        },
      })
    }
  })
})

describe('what a client learns about views', () => {
  test('a client of 2026-07-28 that shows no views reads nothing about them, and the same tools', async () => {
    const [plain, showing] = [
      await listed(modern('tools/list')),
      await listed(modern('tools/list', {}, SHOWING)),
    ]

    expect(plain.filter(({ _meta }) => _meta)).toEqual([])
    expect(showing.map((tool) => ({ ...tool, _meta: undefined }))).toEqual(
      plain.map((tool) => ({ ...tool, _meta: undefined })),
    )
    expect((await ask(modern('resources/list'))).result?.resources).toEqual([])
  })

  test('an older client always learns about views, because it declares them in another request', async () => {
    expect(await listed(older('tools/list'))).toEqual(await listed(modern('tools/list', {}, SHOWING)))
  })

  test('every story, every operation, the licences and the quote of a cart have a view that exists', async () => {
    const shown = (await listed(modern('tools/list', {}, SHOWING))).flatMap(({ name, _meta }) =>
      _meta?.ui.resourceUri ? [[name, _meta.ui.resourceUri]] : [],
    )

    const expected = tools.flatMap(({ name, kind }) => {
      if (kind === 'story' || kind === 'operation') return [[name, URIS[1]]]
      if (name === 'quote_cart') return [[name, URIS[0]]]
      return name === 'list_licences' ? [[name, URIS[2]]] : []
    })
    expect(shown).toEqual(expected)
  })

  test('a host has to refuse a call of a view to any tool that does not only read', async () => {
    const list = await listed(modern('tools/list', {}, SHOWING))
    const forTheModel = list
      .filter(({ _meta }) => _meta?.ui.visibility?.join() === 'model')
      .map(({ name }) => name)

    const changing = tools.filter(({ hints }) => !hints.readOnly).map(({ name }) => name)
    expect(changing).toEqual(expect.arrayContaining(['remove_member', 'share_project', 'withdraw_version']))
    expect(forTheModel).toEqual(changing)
  })

  test.for([
    ['a list', { extensions: [] }],
    ['null', { extensions: { 'io.modelcontextprotocol/ui': null } }],
    ['another type', { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } } }],
    ['a text', { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: TYPE } } }],
  ])('a client that declares %s gets no views, and an answer', async ([, capabilities]) => {
    const { result, error } = await ask(modern('tools/list', {}, { capabilities: capabilities as object }))

    expect(JSON.stringify(result ?? error)).not.toContain('ui://')
  })

  test('a view that does not exist is not found', async () => {
    const { error } = await ask(older('resources/read', { uri: 'ui://packagento/../secret' }))

    expect(error?.code).toBe(-32602)
  })
})

describe('the page of a view', () => {
  const pageAt = async (uri = '') => {
    const { result } = await ask(modern('resources/read', { uri, name: uri }))
    const { contents } = result as { contents: { text: string }[] }
    const [content] = contents
    return content?.text ?? ''
  }
  const inside = (page: string, tag: string) => page.split(new RegExp(`<${tag}[^>]*>|</${tag}>`))[1] ?? ''

  test.for(URIS)('%s is small, and names no address but that of this market', async (uri) => {
    const page = await pageAt(uri)

    expect(page.length).toBeLessThan(24_000)
    expect(page.match(/https?:\/\/[^"'\s]+/g)).toEqual(['http://127.0.0.1:3000'])
  })

  test.for(URIS)('%s allows only the style and the script in it', async (uri) => {
    const page = await pageAt(uri)
    const hashOf = (tag: string) => createHash('sha256').update(inside(page, tag)).digest('base64')

    expect(page).toContain(
      `default-src 'none'; style-src 'sha256-${hashOf('style')}'; script-src 'sha256-${hashOf('script')}'`,
    )
    expect(page).not.toMatch(/ (on[a-z]+|style|src|href)=/)
  })

  test.for(URIS)('%s reads no text as markup or as code', async (uri) => {
    expect(await pageAt(uri)).not.toMatch(
      /innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|DOMParser|srcdoc/,
    )
  })

  test.for(URIS)('%s calls no tool but one that reads and shows no keys', async (uri) => {
    const script = inside(await pageAt(uri), 'script')
    const called = [...script.matchAll(/name: '([a-z_]+)'/g)]
      .map(([, name]) => name)
      .filter((name) => tools.some((tool) => tool.name === name))

    expect(called).toEqual(['list_operations'])
    expect(script.match(/'tools\/call'/g)).toHaveLength(1)
    expect(tools.find(({ name }) => name === 'list_operations')?.hints.readOnly).toBe(true)
  })

  test('the style of a view has no colour of its own', async () => {
    const style = inside(await pageAt(URIS[0]), 'style').replace(/^:root\{[^}]*\}/, '')

    expect(style).not.toMatch(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(/)
  })
})

describe('who we are', () => {
  const identityIn = ({ result }: Rpc) =>
    (result?.serverInfo ??
      (result?._meta as Record<string, unknown> | undefined)?.['io.modelcontextprotocol/serverInfo']) as {
      icons?: { src: string; mimeType: string }[]
    }

  test('a client that asks who we are gets our mark, in both protocols', async () => {
    const clientInfo = { name: 'a', version: '1' }
    for (const sent of [
      modern('server/discover'),
      older('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }),
    ]) {
      const [icon] = identityIn(await ask(sent)).icons ?? []
      const [head, data = ''] = icon?.src.split(',') ?? []
      expect([icon?.mimeType, head]).toEqual(['image/svg+xml', 'data:image/svg+xml;base64'])
      expect(Buffer.from(data, 'base64').toString()).toMatch(/^<svg [^]*<\/svg>$/)
    }
  })

  test('no other answer carries the mark', async () => {
    for (const sent of [
      modern('tools/list'),
      modern('tools/call', { name: 'whoami', arguments: {} }),
      modern('resources/list'),
    ])
      expect(JSON.stringify(await ask(sent)).includes('data:image')).toBe(false)
  })

  test('a batch of an older client gets the tools, the prompts and the views', async () => {
    const body = ['tools/list', 'prompts/list', 'resources/list'].map((method, id) => ({
      jsonrpc: '2.0',
      id,
      method,
    }))
    const { text } = await send(door, {
      token: ann.token,
      body,
      headers: { 'mcp-protocol-version': '2025-03-26' },
    })

    for (const part of ['purchase_and_install_package', 'buy_and_install', 'ui://packagento/licences'])
      expect(text).toContain(part)
  })
})
