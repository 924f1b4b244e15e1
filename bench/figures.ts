import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Db } from '#platform/database'
import { modern } from '../test/support/mcp.ts'
import type { Given as BaselinesGiven } from './baselines.ts'
import type { Load } from './load.ts'
import type { BenchMarket } from './market.ts'

/** One request that is sent to our server and to its baseline. */
export interface Figure {
  name: string
  /** The goal for the ratio of our rate to the baseline's. */
  goal: number | undefined
  baseline: string
  /** The baseline is our own server, which does not check the token. */
  isTrusting?: true
  request: Omit<Load, 'origin'>
}

const PACKAGE = 'northwind/module-search'

/** Returns everything to measure. Reads each of our answers once, so that the baselines can send the same bytes. */
export async function figuresOf(
  market: BenchMarket,
  { db, origin, storageDir }: { db: Db; origin: string; storageDir: string },
): Promise<{ figures: Figure[]; answers: Omit<BaselinesGiven, 'databaseUrl'> }> {
  const { project, signedIn, token } = market
  const metadata = { path: `/r/${project}/p2/${PACKAGE}.json`, headers: signedIn }
  const root = { path: `/r/${project}/packages.json`, headers: signedIn }
  const version = await latestZip(db)
  const zip = {
    path: `/dist/${PACKAGE}/${version.label}-${version.sha256.slice(0, 16)}.zip`,
    headers: signedIn,
  }
  const page = { path: '/' }
  const whoami = toolCall('whoami', token)
  const licences = toolCall('list_licences', token)

  const html = (await read({ origin, ...page })).body.toString()
  const [before = '', after = ''] = html.split(/<li>.*<\/li>/s)
  return {
    figures: [
      { name: 'p2, warm', goal: 0.7, baseline: 'bare Fastify', request: metadata },
      { name: 'packages.json, warm', goal: undefined, baseline: 'bare Fastify', request: root },
      { name: 'zip', goal: 0.7, baseline: 'one select and a file', request: zip },
      { name: 'MCP whoami', goal: 0.85, baseline: 'the SDK alone', request: whoami },
      {
        name: 'MCP token check',
        goal: 0.85,
        baseline: 'list_licences without the check',
        isTrusting: true,
        request: licences,
      },
      {
        name: 'MCP token check of whoami',
        goal: undefined,
        baseline: 'whoami without the check',
        isTrusting: true,
        request: whoami,
      },
      { name: 'MCP list_licences', goal: 0.85, baseline: 'the SDK alone', request: licences },
      {
        name: 'MCP tools/list',
        goal: undefined,
        baseline: 'the SDK alone',
        request: rpc(modern('tools/list'), token),
      },
      { name: 'catalogue page', goal: 0.4, baseline: 'one select, rendered', request: page },
    ],
    answers: {
      bodies: {
        [metadata.path]: bytesOf(await read({ origin, ...metadata })),
        [root.path]: bytesOf(await read({ origin, ...root })),
      },
      zip: { path: zip.path, version: version.id, file: fileOf(storageDir, version.sha256) },
      page: { path: page.path, before, after },
      results: {
        whoami: await resultOf({ origin, ...whoami }),
        list_licences: await resultOf({ origin, ...licences }),
      },
    },
  }
}

async function latestZip(db: Db) {
  const {
    id,
    label,
    zip_sha256: sha256,
  } = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['v.id', 'v.label', 'v.zip_sha256'])
    .where('p.name', '=', PACKAGE)
    .where('v.status', '=', 'available')
    .orderBy('v.released_at', 'desc')
    .executeTakeFirstOrThrow()
  return { id, label, sha256: sha256 ?? '' }
}

const fileOf = (dir: string, sha256: string) => path.join(dir, 'sha256', sha256.slice(0, 2), `${sha256}.zip`)

const toolCall = (name: string, token: string) => rpc(modern('tools/call', { name, arguments: {} }), token)

const rpc = ({ body, headers }: ReturnType<typeof modern>, token: string): Figure['request'] => ({
  method: 'POST',
  path: '/mcp',
  body: JSON.stringify(body),
  headers: [
    {
      ...(headers as Record<string, string>),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
    },
  ],
})

/** Reads one answer as it comes over the wire. Throws unless its status is 200. */
async function read({ origin, path: at, method = 'GET', body, headers = [{}] }: Load) {
  const sent = request(new URL(at, origin), { method, headers: headers[0] })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const bytes = await buffer(answer)
  if (answer.statusCode !== 200) throw new Error(`${at} answered ${answer.statusCode}: ${bytes.toString()}`)
  return { headers: answer.headers, body: bytes }
}

const SENT = ['content-type', 'content-encoding', 'cache-control', 'vary', 'last-modified'] as const

function bytesOf({ headers, body }: Awaited<ReturnType<typeof read>>) {
  const same = SENT.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  return { headers: Object.fromEntries(same) as Record<string, string>, body: body.toString('base64') }
}

async function resultOf(load: Load): Promise<BaselinesGiven['results'][string]> {
  const { body } = await read(load)
  const { result } = JSON.parse(body.toString()) as { result: BaselinesGiven['results'][string] }
  const { content, structuredContent = {} } = result
  return { content, structuredContent }
}
