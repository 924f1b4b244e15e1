import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import https from 'node:https'
import http from 'node:http'
import path from 'node:path'
import tls from 'node:tls'
import pg from 'pg'
import { SEARCH_ATTRIBUTES } from '../../src/contracts/messages.ts'
import { startPostgres } from '../../sandbox/engines/postgres.ts'
import { findTemporal } from '../../sandbox/engines/temporal-programs.ts'
import { addSearchAttributes, startTemporal } from '../../sandbox/engines/temporal.ts'
import { ownGitHosts } from '../../sandbox/git/own.ts'
import { listening } from '../../sandbox/listening.ts'
import { startMailbox } from '../../sandbox/mailbox/index.ts'
import { cache, root } from '../../sandbox/settings.ts'
import { startStripe } from '../../sandbox/stripe/index.ts'

type Stops = (stop: () => Promise<void>) => void

const random = () => randomBytes(24).toString('hex')

/** A database of its own for a role of its own, as deploy/postgres/roles.sh makes it. */
export async function aDatabase(dir: string, onStop: Stops): Promise<string> {
  const postgres = await startPostgres({ dir })
  onStop(postgres.stop)
  const client = new pg.Client({ connectionString: postgres.url() })
  await client.connect()
  const password = random()
  await client.query(`create role packagento login password '${password}'`)
  await client.query('create database packagento owner packagento')
  await client.query('revoke connect on database packagento from public')
  await client.end()
  const { host } = new URL(postgres.url())
  return `postgres://packagento:${password}@${host}/packagento`
}

/** The server at TEMPORAL_ADDRESS, or a development server. */
export async function aTemporal(dir: string, onStop: Stops): Promise<string> {
  const given = process.env.TEMPORAL_ADDRESS
  if (given) {
    await addSearchAttributes(given, SEARCH_ATTRIBUTES)
    return given
  }
  const temporal = await startTemporal(await findTemporal(cache), {
    dir,
    searchAttributes: SEARCH_ATTRIBUTES,
  })
  onStop(temporal.stop)
  return temporal.address
}

/** What is outside in production: the bank, the mail server, the Git hosts. */
export async function standIns(
  dir: string,
  { publicUrl, webhookUrl }: Record<string, string>,
  onStop: Stops,
) {
  const secret = `whsec_${random()}`
  const [stripe, mailbox, git] = await Promise.all([
    startStripe({
      dir: path.join(dir, 'stripe'),
      schemaCache: path.join(root, '.data/stripe-schemas'),
      webhook: { url: webhookUrl ?? '', secret },
    }),
    startMailbox({ dir: path.join(dir, 'mailbox') }),
    ownGitHosts({ onStop }, { dir: path.join(dir, 'git'), publicUrl: publicUrl ?? '' }),
  ])
  onStop(stripe.stop)
  onStop(mailbox.stop)
  if (!git) throw new Error('GIT_HOSTS is set: remove it for a rehearsal')
  return { stripe, mailbox, git, webhookSecret: secret }
}

export interface Balancer {
  url: string
  /** How many requests each api answered, by its address. */
  counts: Map<string, number>
}

/** A TLS proxy before several apis, which takes turns. An api that refuses the connection is passed over. */
export async function aBalancer(dir: string, upstreams: readonly string[], onStop: Stops): Promise<Balancer> {
  const { key, cert } = aCertificate(dir)
  tls.setDefaultCACertificates([...tls.getCACertificates(), cert])
  const counts = new Map(upstreams.map((each) => [each, 0]))
  let turn = 0
  const server = https.createServer({ key, cert }, (request, response) => forward(request, response, 0))
  function forward(request: http.IncomingMessage, response: http.ServerResponse, tries: number): void {
    const upstream = upstreams[turn++ % upstreams.length] ?? ''
    const headers = { ...request.headers, 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }
    const target = http.request(upstream + (request.url ?? ''), {
      method: request.method,
      headers,
      agent: false,
    })
    target.on('response', (answer) => {
      counts.set(upstream, (counts.get(upstream) ?? 0) + 1)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    target.on('socket', (socket) => socket.once('connect', () => request.pipe(target)))
    target.on('error', (e: NodeJS.ErrnoException) => {
      if (e.code === 'ECONNREFUSED' && tries < upstreams.length) forward(request, response, tries + 1)
      else {
        console.error('the balancer:', e)
        response.destroy()
      }
    })
  }
  server.keepAliveTimeout = 300_000 // longer than any pause between two requests: a POST on a closed connection fails
  const port = await listening(server, 0)
  onStop(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${port}`, counts }
}

function aCertificate(dir: string): { key: string; cert: string } {
  fs.mkdirSync(dir, { recursive: true })
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
  const of = ['-subj', '/CN=rehearsal', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const into = ['-nodes', '-keyout', key, '-out', cert]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  execFileSync('openssl', ['req', '-x509', ...kind, ...into, ...of], { stdio: 'ignore' })
  return { key: fs.readFileSync(key, 'utf8'), cert: fs.readFileSync(cert, 'utf8') }
}
