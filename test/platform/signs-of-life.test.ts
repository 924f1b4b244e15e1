import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { signLife } from '#platform/signs-of-life'

test('a process signs its life again and again', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'signs-'))
  onTestFinished(() => fs.rmSync(dir, { recursive: true }))
  const file = path.join(dir, 'healthy')
  const signedAt = () => fs.statSync(file).mtimeMs
  signLife(file, 10)
  const first = signedAt()
  await expect.poll(signedAt).toBeGreaterThan(first)
})

test('a process that cannot sign its life does not start', () => {
  expect(() => signLife('/no-such-folder/healthy')).toThrow('ENOENT')
})

test('a worker that finds no Temporal says so in one line and exits with 1', async () => {
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    DATABASE_URL: 'postgres://x:hunter2@127.0.0.1:1/z',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    STORAGE_DIR: import.meta.dirname,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    WORKER_QUEUES: 'git-ingest',
  }
  const worker = spawn(process.execPath, ['src/bin/worker.ts'], { env })

  const [errors, [code]] = await Promise.all([text(worker.stderr), once(worker, 'exit')])

  expect(errors.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
    'No Temporal answers at 127.0.0.1:1: start it, or correct TEMPORAL_ADDRESS.',
    '',
  ])
  expect(code).toBe(1)
})
