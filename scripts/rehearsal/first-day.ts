import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { signedInAt } from '../../sandbox/oauth-client.ts'
import { type BrowserPage, type Left, type ScriptedBrowser, scriptedBrowser } from '../../sandbox/browser.ts'

type Env = Record<string, string>
/** Runs a program of the image with its arguments until it ends. */
export type Run = (call: readonly string[], env: Env) => Promise<{ code: number | null; printed: string }>

const OPERATOR = 'operator@market.example'
const MAKER = 'maker@market.example'
const TERMS = '2026-11-30'

/** Each process refuses in a sentence while something is missing; a command makes the namespace. */
export async function makesNamespace(run: Run, of: { worker: Env; ingest: Env; api: Env }): Promise<string> {
  const refuses = async (program: string, env: Env, sentence: RegExp) => {
    const { code, printed } = await run([program], env)
    assert.equal(code, 1, printed)
    assert.match(printed, sentence)
    assert.doesNotMatch(printed, /\n\s+at /)
  }
  const noNamespace = /has no namespace \S+: npm run admin -- create-namespace makes what is missing\./
  const noFolder = /STORAGE_DIR \/nowhere is not a folder: create it, or mount it/
  await refuses('src/bin/worker.ts', of.worker, noNamespace)
  await refuses('src/bin/worker.ts', of.ingest, noNamespace)
  for (const [program, env] of [
    ['api', of.api],
    ['worker', of.ingest],
  ] as const)
    await refuses(`src/bin/${program}.ts`, { ...env, STORAGE_DIR: '/nowhere' }, noFolder)
  const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '' } = of.worker
  await admin(run, ['create-namespace'], { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE })
  return admin(run, ['create-namespace'], { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE })
}

/** The first people, org and vendors, as docs/operating.md says; a vendor applies by itself, too. */
export async function opensMarket(run: Run, env: Env & { PUBLIC_URL: string }): Promise<string> {
  const does = (...args: string[]) => admin(run, args, env)
  const operator = await entered(
    env.PUBLIC_URL,
    await does('create-person', OPERATOR, '--name', 'Olga', '--operator'),
  )
  assert.match(shown(await operator.open('/operator')), /Nothing needs an operator|What needs an operator/)
  const maker = await entered(env.PUBLIC_URL, await does('create-person', MAKER, '--name', 'Max Maker'))
  await does('create-org', 'makers', '--name', 'Makers', '--owner', MAKER)
  const made = ['--org', 'makers', '--name', 'Makers', '--website', 'https://makers.example']
  await does('create-vendor', 'makers', ...made, '--terms', TERMS, '--accepted-by', MAKER)

  const form = await maker.open('/account/vendor/apply')
  assert.ok('url' in form)
  const facts = { slug: 'applied', name: 'Applied', website: 'https://applied.example', terms: TERMS }
  assert.match(shown(await maker.submit(form, '/account/vendor/apply', facts)), /waits for approval/)
  const [seen = ''] = (await does('vendors')).split('\n')
  await does('approve-vendor', seen)
  assert.match(shown(await maker.open('/account/vendor')), /applied/)
  return `${OPERATOR} sees /operator; makers and ${seen} are vendors`
}

/** Follows the link that a command printed, and signs in with the password chosen there. */
async function entered(origin: string, printed: string): Promise<ScriptedBrowser> {
  const [link = ''] = /https:\S+\/link\/\S+/.exec(printed) ?? []
  const browser = scriptedBrowser(origin)
  const page = await browser.open(link)
  assert.ok('url' in page, printed)
  const email = /For <strong>([^<]+)<\/strong>/.exec(page.body)?.[1] ?? ''
  const password = randomBytes(18).toString('base64url')
  shown(await browser.submit(page, /^\/link\//, { password }))
  const again = scriptedBrowser(origin)
  const first = await signedInAt(again, '/account', { email, password })
  assert.ok(!('signIn' in first), `${email} could not sign in`)
  return again
}

function shown(page: BrowserPage | Left): string {
  assert.ok('url' in page)
  assert.equal(page.status, 200, page.body)
  return page.body
}

async function admin(run: Run, args: readonly string[], env: Env): Promise<string> {
  const { code, printed } = await run(['scripts/admin.ts', ...args], { NODE_ENV: 'production', ...env })
  assert.equal(code, 0, `${args.join(' ')}: ${printed}`)
  return printed.trim()
}
