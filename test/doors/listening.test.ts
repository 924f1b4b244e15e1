import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { cannotListen } from '#platform/config'

/** Runs the api at this port as a separate process without engines; returns its stderr and its exit code. */
async function runApi(port: number) {
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    STRIPE_SECRET_KEY: 'sk_test_nobody',
    SECRETS_KEY: Buffer.alloc(32).toString('base64'),
    STORAGE_DIR: os.tmpdir(),
    SMTP_URL: 'smtp://127.0.0.1',
    MAIL_FROM: 'market@market.example',
    PORT: String(port),
  }
  const child = spawn(process.execPath, ['src/bin/api.ts'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return { stderr, code: code as number }
}

test('an api whose port is taken says so in one sentence and exits with 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  expect(await runApi(port)).toEqual({
    stderr: `Port ${port} of 127.0.0.1 is taken: stop what uses it, or set PORT.\n`,
    code: 1,
  })
})

// only the sentence differs from that of a taken port, and another process would cost three seconds
test('an api whose address belongs to another machine says so in one sentence', async () => {
  const at = { HOST: '192.0.2.1', PORT: 0 }
  const [error] = await once(createServer().listen(at.PORT, at.HOST), 'error')

  expect(cannotListen(at, error).message).toBe(
    'The server cannot listen at port 0 of 192.0.2.1 (EADDRNOTAVAIL): set HOST and PORT.',
  )
})
