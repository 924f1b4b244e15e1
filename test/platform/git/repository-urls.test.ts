import { describe, expect, test } from 'vitest'
import { checkRemote, type Resolve } from '../../../src/platform/git/remote.ts'

const HOSTS = [
  { name: 'git.example' },
  { name: 'git.example:8443' },
  { name: '127.0.0.1:3123', allowHttp: true, allowPrivateAddress: true },
  { name: '10.0.0.1' },
  { name: '[::1]' },
]
const at =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address }))
const PUBLIC = at('93.184.215.14')

const refusalOf = (cloneUrl: string, resolve = PUBLIC) =>
  checkRemote({ cloneUrl }, HOSTS, resolve).then(
    ({ url }) => `accepted ${url}`,
    (e: { code: string; message: string }) => `${e.code}: ${e.message}`,
  )

describe('the URL of a repository', () => {
  test.for([
    '--upload-pack=touch /tmp/evil',
    '-u./evil',
    'ext::sh -c touch% /tmp/evil',
    'fd::17/evil',
    'file:///etc/passwd',
    'file::/srv/git/x.git',
    '/srv/git/x.git',
    '../x.git',
    'x.git',
    'ssh://git@git.example/a/b.git',
    'git@git.example:a/b.git',
    'git://git.example/a/b.git',
    'ftp://git.example/a/b.git',
    'http://git.example/a/b.git',
    'http::https://git.example/a/b.git',
    'https::http://git.example/a/b.git',
    'https:git.example/a/b.git',
    'https:/git.example/a/b.git',
    'https://user@git.example/a/b.git',
    'https://user:password@git.example/a/b.git',
    'https://git.example@evil.example/a/b.git',
    'https://evil.example/a/b.git',
    'https://git.example.evil.example/a/b.git',
    'https://git.example:443/a/b.git',
    'https://git.example:22/a/b.git',
    'https://GIT.example/a/b.git',
    'https://git.example./a/b.git',
    'https://git.example/',
    'https://git.example',
    'https://git.example/a/../../b.git',
    'https://git.example/a/%2e%2e/b.git',
    'https://git.example/a/b.git?service=evil',
    'https://git.example/a/b.git#evil',
    'https://git.example/a\\b.git',
    'https://git.example//a/b.git',
    'https://git.example/a/b.git\n--upload-pack=evil',
    'https://git.example/a/b .git',
    'https://git.example/a/$(evil).git',
    'https://git.example/a/`evil`.git',
    'https://git.example/a/b.git\0evil',
    ' https://git.example/a/b.git',
    'https://gıt.example/a/b.git',
    'https://git.example\u3002evil/a.git',
    'https://2130706433/a/b.git',
    'https://0x7f.1/a/b.git',
    `https://git.example/${'a/'.repeat(300)}b.git`,
    `https://git.example/${'a'.repeat(10_000_000)}`,
    '',
    'javascript:alert(1)',
  ])('the URL %.80j is refused', async (url) => {
    expect(await refusalOf(url)).toMatch(/^git_url_refused: The URL of the repository /)
  })

  test.for([
    '127.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.168.1.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    'fd00::1',
    'fe80::1',
    '64:ff9b::7f00:1',
  ])('a host at the special address %s is refused, also beside a public one', async (address) => {
    const url = 'https://git.example/a/b.git'

    expect(await refusalOf(url, at(address))).toContain('git_url_refused')
    expect(await refusalOf(url, at('93.184.215.14', address))).toContain('git_url_refused')
  })

  test.for(['https://10.0.0.1/a/b.git', 'https://[::1]/a/b.git'])(
    'the special address in %s is refused, even when it is configured',
    async (url) => {
      expect(await refusalOf(url)).toContain('without a public address')
    },
  )

  test('a host that cannot be looked up may be tried again', async () => {
    const url = 'https://git.example/a/b.git'

    expect(await refusalOf(url, at())).toContain('git_host_unavailable')
    expect(await refusalOf(url, () => Promise.reject(new Error('ENOTFOUND')))).toContain(
      'git_host_unavailable',
    )
  })

  test('Git connects to the addresses that were checked, whatever a second look-up says', async () => {
    const remote = await checkRemote(
      { cloneUrl: 'https://git.example:8443/a/b.git' },
      HOSTS,
      at('93.184.215.14', '2606:2800:220:1::1'),
    )

    expect(remote.pin).toBe('git.example:8443:93.184.215.14,[2606:2800:220:1::1]')
    expect(remote.protocol).toBe('https')
  })

  test('only the host of the sandbox may be on this machine and without TLS', async () => {
    const remote = await checkRemote({ cloneUrl: 'http://127.0.0.1:3123/acme/module.git' }, HOSTS, PUBLIC)

    expect(remote).toMatchObject({ protocol: 'http', pin: undefined })
  })

  test('a credential goes to one host and into the environment only', async () => {
    const remote = await checkRemote(
      { cloneUrl: 'https://git.example/a/b.git', authorization: 'Basic c2VjcmV0' },
      HOSTS,
      PUBLIC,
    )

    expect(remote.credential).toEqual({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.https://git.example/.extraHeader',
      GIT_CONFIG_VALUE_0: 'Authorization: Basic c2VjcmV0',
    })
  })

  test('a credential that would add another header is not used', async () => {
    const remote = { cloneUrl: 'https://git.example/a/b.git', authorization: 'Basic x\r\nHost: evil' }

    await expect(checkRemote(remote, HOSTS, PUBLIC)).rejects.toThrow('not the value of a header')
  })
})
