import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Role, startRole } from '../../sandbox/roles.ts'
import { onChange } from '../../sandbox/watch.ts'
import { commandOf, processesBelow } from '../support/a-sandbox.ts'

const GOOD = `export const word: string = 'good'\n`

let root: string
let role: Role
let watch: { stop: () => Promise<void> }
let starts: number
let reports: string[]
/** What a restart of the role gets as `PREPARED`. */
let prepare: () => string

const source = (name = 'word.ts') => path.join(root, 'src', name)
const running = () => processesBelow(process.pid).filter((pid) => commandOf(pid).includes(root))
const log = () => fs.readFileSync(path.join(root, 'logs/api.log'), 'utf8')
const until = (what: () => void) => vi.waitFor(what, { timeout: 10_000, interval: 20 })

/** Starts a role over sources that are edited, as `npm run dev` does. */
beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'editing '))
  fs.mkdirSync(path.join(root, 'src'))
  fs.writeFileSync(source(), GOOD)
  fs.writeFileSync(
    source('api.ts'),
    `import { word } from './word.ts'
     console.log(word, process.env.PREPARED)
     process.send?.({ ready: word })
     process.on('disconnect', () => process.exit())`,
  )
  reports = []
  prepare = () => 'nothing'
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation((message: string) => void reports.push(message))
  role = startRole({
    root,
    name: 'api',
    file: 'src/api.ts',
    env: { PREPARED: 'before' },
    prepare: async () => ({ PREPARED: prepare() }),
    log: path.join(root, 'logs/api.log'),
    isEdited: true,
    onEnd: (why) => reports.push(why),
    forceStop: new AbortController().signal,
  })
  starts = 0
  const restart = () => {
    starts++
    return role.restart()
  }
  watch = onChange(path.join(root, 'src'), restart, 100)
  await role.ready
})
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all([watch.stop(), role.stop()])
  expect(running()).toEqual([])
  fs.rmSync(root, { recursive: true })
})

test('a syntax error is reported, and the role starts again after the error is corrected', async () => {
  fs.appendFileSync(source(), 'const = 3\n')
  await until(() => expect(reports).toHaveLength(1))
  expect(reports[0]).toMatch(/^The api has ended by itself \(exit code 1\)\.[^]+word\.ts:2\n[^]+const = 3/)
  expect(reports[0]).not.toContain('    at ')

  fs.writeFileSync(source(), GOOD.replace('good', 'corrected'))

  await until(() => expect(log()).toContain('corrected'))
  expect(running()).toHaveLength(1)
})

test('a role restarts at most twice for many saves in a row', async () => {
  for (let n = 0; n < 25; n++) {
    fs.writeFileSync(source(), GOOD.replace('good', `better ${n}`))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  await until(() => expect(log()).toContain('better 24'))
  expect(starts).toBeLessThan(3)
})

test('a role restarts when an editor replaces a source file, and ignores the files of the editor', async () => {
  for (const word of ['first', 'second']) {
    fs.writeFileSync(source('.word.swp'), GOOD.replace('good', word))
    fs.renameSync(source('.word.swp'), source())
    await until(() => expect(log()).toContain(word))
  }
  expect(starts).toBe(2)
})

test('a role that is stopped during a restart leaves no process', async () => {
  const restarting = role.restart()
  await role.stop()
  await restarting
  expect(running()).toEqual([])
})

test('a role gets what was prepared for its restart, and waits when that fails', async () => {
  expect(log()).toContain('good before')
  prepare = () => {
    throw new Error('the workflows have a fault')
  }
  fs.writeFileSync(source(), GOOD.replace('good', 'better'))
  await until(() => expect(reports).toHaveLength(1))
  expect(reports[0]).toMatch(/^The api cannot start again: the workflows have a fault\n.+ waits for a change/)
  expect(running()).toEqual([])

  prepare = () => 'again'
  fs.writeFileSync(source(), GOOD.replace('good', 'best'))

  await until(() => expect(log()).toContain('best again'))
})
