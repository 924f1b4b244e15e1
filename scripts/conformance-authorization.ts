import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from '../sandbox/engines/process.ts'
import { scriptedBrowser } from '../sandbox/browser.ts'
import { allowedIn, type Person, register, type Server } from '../sandbox/oauth-client.ts'

/**
 * Runs the suite's scenarios for authorization servers, with and without a resource, and prints their counts. The suite
 * waits for somebody who opens its URL in a browser and allows: here that is a person of the demo market.
 */
export async function authorizationPasses(
  bin: string,
  { server, person }: { server: Server; person: Person },
): Promise<boolean> {
  const outcomes: boolean[] = []
  for (const resource of [undefined, server.resource]) {
    const port = await freePort()
    const redirect_uris = [`http://127.0.0.1:${port}/callback`]
    const { client_id } = await register(server, { redirect_uris })
    const chosen = ['--url', server.issuer, '--client-id', client_id, '--port', String(port)]
    const args = ['authorization', ...chosen, ...(resource ? ['--resource', resource] : [])]
    const { code, lines } = await run(bin, args, (url) => allowed(url, { server, person }))
    outcomes.push(code === 0)
    const title = `authorization server, ${resource ? 'with a resource' : 'without a resource'}`
    const [, counts = 'nothing ran'] = /^Total: (.*)$/m.exec(lines.join('\n')) ?? []
    console.log(`${title}: checks ${counts}: ${code === 0 ? 'as expected' : 'NOT as expected'}`)
    if (code !== 0) console.log(lines.join('\n'))
  }
  return outcomes.every(Boolean)
}

/** The person signs in and allows; the browser then calls the suite back. */
async function allowed(url: string, { server, person }: { server: Server; person: Person }): Promise<void> {
  const left = await allowedIn(scriptedBrowser(server.issuer), url, { person })
  await fetch(left)
}

async function run(bin: string, args: readonly string[], open: (url: string) => Promise<void>) {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines: string[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (/^http:\/\/\S+\?response_type=code/.test(line)) await open(line)
    }
  } catch (error) {
    child.kill()
    throw error
  }
  const [code] = (await closed) as [number | null]
  return { code, lines }
}
