import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArchiveRefused, packTar } from '#platform/archives'
import { aGitHost, type GitHostForTests } from '../../support/a-bare-git-host.ts'
import {
  type Build,
  HARMLESS,
  type Outcome,
  OVERSIZE,
  sentinel,
  UNSAFE,
  UNSOUND,
} from '../../support/hostile-commits.ts'

const { signal } = new AbortController()

let host: GitHostForTests
const outcomes = new Map<string, Outcome>()

beforeAll(async () => {
  host = await aGitHost()
  const builds = Object.entries({
    ...UNSAFE,
    ...Object.fromEntries(Object.entries(OVERSIZE).map(([name, [, build]]) => [name, build])),
    ...Object.fromEntries(Object.entries(HARMLESS).map(([name, [build]]) => [name, build])),
  })
  // Git fetches tags one by one when one of them is unsound, which takes longer
  await read(builds)
  await read(Object.entries(UNSOUND))
}, 60_000)
afterAll(() => host.stop())

async function read(builds: readonly [string, Build][]): Promise<void> {
  const repository = host.repository()
  const names = new Map<string, string>()
  builds.forEach(([name, build], i) => {
    const tag = `v${i}.0.0`
    repository.tag(tag, build(repository))
    names.set(tag, name)
  })
  const listed = await host.git.listTags(repository.remote, { signal })
  const tags = listed.filter(({ tag }) => names.has(tag))
  for (let at = 0; at < tags.length; at += 25)
    for await (const fetched of host.git.fetchTags(repository.remote, tags.slice(at, at + 25), { signal }))
      outcomes.set(
        names.get(fetched.tag) ?? '',
        'fault' in fetched ? fetched.fault : await unpacked(fetched.archive()),
      )
}

async function unpacked(archive: AsyncIterable<Uint8Array>): Promise<Outcome> {
  try {
    const { files, links } = await packTar(archive)
    return { files: Object.fromEntries(files.map(({ path, bytes }) => [path, bytes.toString()])), links }
  } catch (e) {
    if (e instanceof ArchiveRefused) return e.code
    throw e
  }
}

describe('a hostile repository', () => {
  test.for(Object.keys(UNSOUND))(
    'a tag with %s is refused, because Git does not accept its objects',
    (name) => {
      expect(outcomes.get(name)).toBe('hostile_pack')
    },
  )

  test.for(Object.keys(UNSAFE))('a tag with %s is refused, because it cannot be unpacked safely', (name) => {
    expect(outcomes.get(name)).toBe('unsafe_path')
  })

  test.for(Object.entries(OVERSIZE).map(([name, [code]]) => [name, code] as const))(
    '%s is refused with %s',
    ([name, code]) => {
      expect(outcomes.get(name)).toBe(code)
    },
  )

  test.for(Object.keys(HARMLESS))('a tag with %s gives the other files exactly as they are', (name) => {
    expect(outcomes.get(name)).toEqual(HARMLESS[name]?.[1])
  })

  test('no repository runs a program, and no job leaves a folder', () => {
    expect(fs.existsSync(sentinel)).toBe(false)
    expect(fs.readdirSync(host.jobs)).toEqual([])
  })
})
