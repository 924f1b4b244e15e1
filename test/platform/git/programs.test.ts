import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aGitHost, type GitHostForTests, isolation } from '../../support/a-bare-git-host.ts'

const { signal } = new AbortController()

let host: GitHostForTests
beforeAll(async () => {
  host = await aGitHost()
})
afterAll(() => host.stop())

describe.skipIf(!isolation.setpriv)('the programs of a job', () => {
  /** The arguments of all processes of this machine, without this one. */
  const commandLines = () =>
    fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        } catch {
          return [] // it has ended meanwhile
        }
      })

  test('the credential is in no argument of a process and in no file', async () => {
    const secret = 'dG9rZW4tb2YtYS10ZXN0'
    const seen: string[] = []
    host.answer('/secret.git', (_, response) => {
      seen.push(...commandLines().filter((command) => command.includes('ls-remote')))
      for (const job of fs.readdirSync(host.jobs, { recursive: true, encoding: 'utf8' })) seen.push(job)
      response.writeHead(500).end()
    })
    const remote = { cloneUrl: `http://${host.name}/secret.git`, authorization: `Basic ${secret}` }

    await expect(host.git.listTags(remote, { signal })).rejects.toMatchObject({
      code: 'git_host_unavailable',
    })

    expect(seen.some((command) => command.includes(remote.cloneUrl))).toBe(true)
    expect(seen.join('\n')).not.toContain(secret)
    expect(host.requests.at(-1)?.authorization).toBe(`Basic ${secret}`)
  })

  test('a cancelled job ends all its programs and deletes its folder', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    host.answer('/cancelled.git', () => resolve())
    const cancel = new AbortController()
    const url = `http://${host.name}/cancelled.git`

    const listing = host.git.listTags({ cloneUrl: url }, { signal: cancel.signal })
    await asked
    cancel.abort(new Error('cancelled'))

    await expect(listing).rejects.toThrow('cancelled')
    expect(commandLines().filter((command) => command.includes(url))).toEqual([])
  })

  test('the program of a killed process ends with it, and the next one deletes its folder', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    host.answer('/killed.git', () => resolve())
    const folder = path.join(host.jobs, '..', 'jobs-of-killed')
    const url = `http://${host.name}/killed.git`
    const source = new URL('../../../src/platform/git.ts', import.meta.url).href
    const script = `
      const { openGitReader } = await import('${source}')
      const log = { info() {}, warn() {} }
      const hosts = [{ name: '${host.name}', allowHttp: true, allowPrivateAddress: true }]
      const git = await openGitReader({ hosts, folder: '${folder}', log })
      await git.listTags({ cloneUrl: '${url}' }, { signal: new AbortController().signal })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
    await asked
    expect(fs.readdirSync(folder)).toHaveLength(1)

    child.kill('SIGKILL')
    await new Promise((ended) => child.once('exit', ended))

    await expect
      .poll(() => commandLines().filter((each) => each.includes(`ls-remote --tags -- ${url}`)))
      .toEqual([])
    await host.reader('jobs-of-killed')
    expect(fs.readdirSync(folder)).toEqual([])
  })
})
