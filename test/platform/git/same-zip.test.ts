import { spawn } from 'node:child_process'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packTar } from '#platform/archives'
import { aGitHost, type GitHostForTests } from '../../support/a-bare-git-host.ts'

let host: GitHostForTests
beforeAll(async () => {
  host = await aGitHost()
})
afterAll(() => host.stop())

const FILES = {
  'composer.json': '{"name":"acme/module"}',
  '.gitattributes': '*.php export-subst ident text eol=crlf\n/tests export-ignore\n',
  'src/Größe.php': '<?php // $Format:%cr %H$ $Id$\n',
  'bin/run': { mode: '100755', bytes: '#!/bin/sh\n' },
  'tests/A.php': '<?php',
}

test('the zip of a tag is the same in another checkout, time zone and umask, also at another time', async () => {
  const repository = host.repository()
  const tree = repository.files(FILES)
  const commits = ['1700000000 +0000', '1500000000 -0930'].map((at) => repository.commit(tree, { at }))
  commits.forEach((commit, i) => repository.tag(`v1.${i}.0`, commit))

  const zips = await Promise.all([
    zipElsewhere(repository.remote.cloneUrl, { tag: 'v1.0.0', zone: 'Asia/Tokyo', umask: 0o077 }),
    zipElsewhere(repository.remote.cloneUrl, { tag: 'v1.0.0', zone: 'America/St_Johns', umask: 0 }),
    zipElsewhere(repository.remote.cloneUrl, { tag: 'v1.1.0', zone: 'UTC', umask: 0o022 }),
  ])
  const here = await packed(repository.remote.cloneUrl)

  expect(new Set([here, ...zips]).size).toBe(1)
})

async function packed(cloneUrl: string): Promise<string> {
  const { signal } = new AbortController()
  const tags = await host.git.listTags({ cloneUrl }, { signal })
  for await (const tag of host.git.fetchTags({ cloneUrl }, tags, { signal }))
    if (!('fault' in tag)) return (await packTar(tag.archive())).sha256
  throw new Error('nothing was fetched')
}

async function zipElsewhere(
  cloneUrl: string,
  { tag, zone, umask }: { tag: string; zone: string; umask: number },
): Promise<unknown> {
  const source = (file: string) => new URL(`../../../src/platform/${file}.ts`, import.meta.url).href
  const script = `
    process.umask(${umask})
    const { openGitReader } = await import('${source('git')}')
    const { packTar } = await import('${source('archives')}')
    const hosts = [{ name: '${host.name}', allowHttp: true, allowPrivateAddress: true }]
    const log = { info() {}, warn() {} }
    const git = await openGitReader({ hosts, folder: '${host.jobs}-${umask}', log })
    const { signal } = new AbortController()
    const remote = { cloneUrl: '${cloneUrl}' }
    const tags = (await git.listTags(remote, { signal })).filter(({ tag }) => tag === '${tag}')
    for await (const each of git.fetchTags(remote, tags, { signal }))
      process.stdout.write(JSON.stringify((await packTar(each.archive())).sha256))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TZ: zone },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return json(child.stdout)
}
