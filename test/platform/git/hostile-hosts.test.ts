import fs from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aGitHost, type Answer, type GitHostForTests } from '../../support/a-bare-git-host.ts'

const { signal } = new AbortController()
const GOOD = { 'composer.json': '{"name":"acme/good"}', 'src/A.php': '<?php\nclass A {}\n'.repeat(2000) }

let host: GitHostForTests
let other: GitHostForTests
beforeAll(async () => {
  ;[host, other] = await Promise.all([aGitHost(), aGitHost()])
})
afterAll(() => Promise.all([host.stop(), other.stop()]))
afterEach(() => {
  expect(fs.readdirSync(host.jobs)).toEqual([])
})

const codeOf = (reading: Promise<unknown>) =>
  reading.then(
    (value) => value,
    (e: { code?: string; message: string }) => e.code ?? e.message,
  )

async function faultsOf(
  repository: { remote: { cloneUrl: string } },
  tags: { tag: string; commit: string }[],
) {
  const faults: (string | undefined)[] = []
  for await (const each of host.git.fetchTags(repository.remote, tags, { signal }))
    faults.push('fault' in each ? each.fault : undefined)
  return faults
}

let prefixes = 0
/** The code of listing the tags of a repository whose host gives this answer. */
async function listing(answer: Answer, git = host.git): Promise<unknown> {
  const prefix = `/hostile${prefixes++}.git`
  host.answer(prefix, answer)
  const remote = { cloneUrl: `http://${host.name}${prefix}`, authorization: 'Basic c2VjcmV0LXRva2Vu' }
  return codeOf(git.listTags(remote, { signal }))
}

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(code, headers).end('<!doctype html>\n<h1>\x1b[31mGo away</h1>\n')
const ADVERTISED = { 'content-type': 'application/x-git-upload-pack-advertisement' }
const line = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
/** A listing of the old protocol, which has a line for each ref. */
const listed = (lines: readonly string[]) =>
  `${line('# service=git-upload-pack\n')}0000${lines.map(line).join('')}0000`
const refs = (n: number) =>
  Array.from(
    { length: n },
    (_, i) => `${'a'.repeat(40)} refs/tags/v${i}.0.0${i ? '' : '\0side-band-64k shallow'}\n`,
  )

describe('a hostile host', () => {
  test.for([
    ['401', status(401, { 'www-authenticate': 'Basic realm="x"' }), 'repository_not_accessible'],
    ['403', status(403), 'repository_not_accessible'],
    ['404', status(404), 'repository_not_accessible'],
    ['410', status(410), 'git_host_unavailable'],
    ['429', status(429, { 'retry-after': '1' }), 'git_host_unavailable'],
    ['500', status(500), 'git_host_unavailable'],
    ['503', status(503), 'git_host_unavailable'],
    ['a page in place of Git', status(200), 'git_host_unavailable'],
    ['a closed connection', (request) => request.socket.destroy(), 'git_host_unavailable'],
    [
      'a line that is cut off',
      (_, response) => response.writeHead(200, ADVERTISED).end('00ff# service'),
      'git_host_unavailable',
    ],
    [
      '20,001 tags',
      (_, response) => response.writeHead(200, ADVERTISED).end(listed(refs(20_001))),
      'too_many_tags',
    ],
    [
      'endless tags',
      (_, response) =>
        response
          .writeHead(200, ADVERTISED)
          .end(
            listed(
              refs(1).concat(Array<string>(300).fill(`${'a'.repeat(40)} refs/tags/${'x'.repeat(60_000)}\n`)),
            ),
          ),
      'too_many_tags',
    ],
  ] satisfies [string, Answer, string][])(
    'a host that answers with %s is refused by a code of its own',
    async ([, answer, code]) => {
      expect(await listing(answer)).toBe(code)
    },
  )

  test.for([
    ['with nothing', () => undefined],
    [
      'with a begin and no end',
      (_, response) => {
        response.writeHead(200, ADVERTISED)
        response.write('001e# service=git-upload-pack\n')
      },
    ],
  ] satisfies [string, Answer][])('a host that answers %s is given up', async ([, answer]) => {
    const git = await host.reader('stalls', { list: 500, fetch: 500 })

    expect(await listing(answer, git)).toBe('git_host_unavailable')
  })

  test.for([
    ['another host', () => `http://${other.name}/x.git/info/refs?service=git-upload-pack`],
    ['the address of cloud secrets', () => 'http://169.254.169.254/latest/meta-data'],
    ['a file', () => 'file:///etc/passwd'],
    ['itself', () => `http://${host.name}/y.git/info/refs?service=git-upload-pack`],
  ] satisfies [string, () => string][])(
    'a redirect to %s is not followed, and the credential stays here',
    async ([, location]) => {
      host.requests.length = 0

      expect(await listing(status(302, { location: location() }))).toBe('repository_moved')

      expect(host.requests).toHaveLength(1)
      expect(host.requests[0]?.authorization).toBe('Basic c2VjcmV0LXRva2Vu')
      expect(other.requests).toEqual([])
    },
  )

  test('a pack with a changed byte is refused, and a pack that is cut off may be tried again', async () => {
    const repository = host.repository('spoilt')
    const tags = [{ tag: 'v1.0.0', commit: repository.release('v1.0.0', GOOD) }]
    const middle = (sent: Buffer) => sent.indexOf('PACK') + 40

    host.spoil('/spoilt.git', (sent) => {
      if (sent.includes('PACK')) sent.writeUInt8(sent.readUInt8(middle(sent)) ^ 0xff, middle(sent))
      return sent
    })
    expect(await faultsOf(repository, tags)).toEqual(['hostile_pack'])

    host.spoil('/spoilt.git', (sent) => (sent.includes('PACK') ? sent.subarray(0, middle(sent)) : sent))
    expect(await codeOf(faultsOf(repository, tags))).toBe('git_host_unavailable')
  })

  test('a pack that claims four billion objects is refused', async () => {
    const repository = host.repository('claims')
    const tags = [{ tag: 'v1.0.0', commit: repository.release('v1.0.0', GOOD) }]
    host.spoil('/claims.git', (sent) => {
      if (sent.includes('PACK')) sent.writeUInt32BE(0xffffffff, sent.indexOf('PACK') + 8)
      return sent
    })

    expect(await codeOf(faultsOf(repository, tags))).not.toEqual([undefined])
  })

  test('a host that stops in the middle of a pack is given up, and its tags may be tried again', async () => {
    const repository = host.repository('stalls')
    const tags = [{ tag: 'v1.0.0', commit: repository.release('v1.0.0', GOOD) }]
    const git = await host.reader('stalls', { list: 500, fetch: 500 })
    host.answer('/stalls.git/git-upload-pack', () => undefined)

    const reading = async () => {
      for await (const each of git.fetchTags(repository.remote, tags, { signal })) return each
      return undefined
    }

    await expect(reading()).rejects.toMatchObject({ code: 'git_host_unavailable' })
  })

  test('a tag that moves between the listing and the fetch is not read, and neither is one that is deleted', async () => {
    const repository = host.repository()
    const commit = repository.release('v1.0.0', GOOD)
    repository.release('v1.1.0', { ...GOOD, b: 'b' })
    const tags = [
      { tag: 'v1.0.0', commit },
      { tag: 'v1.1.0', commit },
      { tag: 'v1.2.0', commit },
    ]

    expect(await faultsOf(repository, tags)).toEqual([undefined, 'tag_moved', 'tag_moved'])
  })

  test('one unsound tag does not spoil its neighbours', async () => {
    const repository = host.repository()
    const good = repository.release('v1.0.0', GOOD)
    const tree = repository.tree([{ mode: '40000', name: '.git', hash: repository.files(GOOD) }])
    const bad = repository.commit(tree)
    repository.tag('v1.1.0', bad)
    repository.tag('v1.2.0', good)

    const tags = [
      { tag: 'v1.0.0', commit: good },
      { tag: 'v1.1.0', commit: bad },
      { tag: 'v1.2.0', commit: good },
    ]

    expect(await faultsOf(repository, tags)).toEqual([undefined, 'hostile_pack', undefined])
  })

  test.for([
    '--output=/tmp/evil',
    '-u',
    'v1..0',
    '../../evil',
    'v1.0.0:refs/heads/x',
    'v1 0',
    '*',
    'v1.0.0^{}',
  ])('the tag %j never reaches the arguments of Git', async (tag) => {
    const repository = host.repository()
    const reading = faultsOf(repository, [{ tag, commit: 'a'.repeat(40) }])

    await expect(reading).rejects.toThrow('not the tag of a version')
  })

  test('a manifest is read alone, and one of more than a megabyte is not fetched', async () => {
    const repository = host.repository()
    const commit = repository.release('v1.0.0', {
      ...GOOD,
      'large.json': ' '.repeat(1_100_000),
      link: { mode: '120000', bytes: '/etc/passwd' },
    })
    const read = (file: string) =>
      host.git.readFile(repository.remote, { tag: 'v1.0.0', commit, path: file }, { signal })

    expect(await read('composer.json')).toEqual(Buffer.from(GOOD['composer.json']))
    expect(await read('large.json')).toMatchObject({ fault: 'file_too_large' })
    expect(await read('link')).toBeUndefined()
    expect(await read('missing.json')).toBeUndefined()
    expect(await read('../../etc/passwd')).toMatchObject({ fault: 'hostile_pack' })
  })
})
