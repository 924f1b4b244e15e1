import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { GIT_HOST_KINDS, type GitHostKind, type HookHeaders } from '#kernel/git-host'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { generateKeyPairSync } from 'node:crypto'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const app = { client_id: 'id', client_secret: 'secret' }
const hosts = openGitHosts(
  gitHostsSetting.parse(
    JSON.stringify([
      { kind: 'github', url: 'https://github.com', app_slug: 'x', private_key: privateKey, ...app },
      { kind: 'gitlab', url: 'https://gitlab.com', ...app },
      { kind: 'gitea', url: 'https://git.example', ...app },
    ]),
  ),
)
const hostOf = (kind: GitHostKind) => {
  const host = hosts.find((each) => each.kind === kind)
  if (!host) throw new Error(kind)
  return host
}

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const AT = new Date('2026-11-30T00:00:00Z')
const SECONDS = AT.getTime() / 1000
const BODY = '{"ref":"refs/tags/v1.0.0"}'

const hub = (body: string, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
const standard = (time: number, { body = BODY, id = 'del-1', key = Buffer.alloc(32, 1) } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': String(time),
  'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`,
})
const GITHUB = { 'x-github-event': 'push', 'x-github-delivery': 'del-1', 'x-hub-signature-256': hub(BODY) }
const GITLAB = { 'x-gitlab-event': 'Tag Push Hook', 'x-gitlab-event-uuid': 'del-1', 'x-gitlab-token': SECRET }
const GITEA = { 'x-gitea-event': 'push', 'x-gitea-delivery': 'del-1', 'x-hub-signature-256': hub(BODY) }

const read = (kind: GitHostKind, headers: HookHeaders, body = BODY) =>
  hostOf(kind).readPush({ headers, body: Buffer.from(body), secret: SECRET, at: AT })

/** No tag has this name, and the database cannot store it. */
const NUL = String.raw`{"ref":"refs/tags/v1\u0000"}`

describe('a delivery of a Git host', () => {
  test.for([
    ['github', GITHUB],
    ['gitlab', GITLAB],
    ['gitlab', { ...GITLAB, ...standard(SECONDS) }],
    ['gitlab', { ...GITLAB, ...standard(SECONDS - 299) }],
    ['gitea', GITEA],
    ['gitea', { 'x-forgejo-event': 'push', 'x-forgejo-delivery': 'del-1', 'x-hub-signature-256': hub(BODY) }],
  ] as const)('a signed tag is accepted from %s: %#', ([kind, headers]) => {
    expect(read(kind, headers)).toEqual({ id: 'del-1', tag: 'refs/tags/v1.0.0' })
  })

  const without = (headers: Record<string, string>, name: string) =>
    Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

  test.for<[GitHostKind, string, HookHeaders, string?]>([
    ['github', 'no signature', without(GITHUB, 'x-hub-signature-256')],
    ['github', 'an empty signature', { ...GITHUB, 'x-hub-signature-256': '' }],
    ['github', 'another secret', { ...GITHUB, 'x-hub-signature-256': hub(BODY, 'other') }],
    ['github', 'another body', GITHUB, '{"ref":"refs/tags/v2.0.0"}'],
    ['github', 'one more byte', GITHUB, `${BODY} `],
    [
      'github',
      'the older SHA-1',
      { ...without(GITHUB, 'x-hub-signature-256'), 'x-hub-signature': 'sha1=00' },
    ],
    ['github', 'no id', without(GITHUB, 'x-github-delivery')],
    ['github', 'an endless id', { ...GITHUB, 'x-github-delivery': 'x'.repeat(201) }],
    ['github', 'two signatures', { ...GITHUB, 'x-hub-signature-256': [hub(BODY), hub(BODY)] }],
    ['gitlab', 'no token', without(GITLAB, 'x-gitlab-token')],
    ['gitlab', 'another token', { ...GITLAB, 'x-gitlab-token': SECRET.replace('Q', 'R') }],
    ['gitlab', 'the beginning of the token', { ...GITLAB, 'x-gitlab-token': SECRET.slice(0, -1) }],
    [
      'gitlab',
      'a signature without the token',
      without({ ...GITLAB, ...standard(SECONDS) }, 'x-gitlab-token'),
    ],
    ['gitlab', 'a signature of another body', { ...GITLAB, ...standard(SECONDS, { body: '{}' }) }],
    [
      'gitlab',
      'a signature with another key',
      { ...GITLAB, ...standard(SECONDS, { key: Buffer.alloc(32, 2) }) },
    ],
    ['gitlab', 'a signature that is too old', { ...GITLAB, ...standard(SECONDS - 301) }],
    ['gitlab', 'a signature of the future', { ...GITLAB, ...standard(SECONDS + 301) }],
    ['gitlab', 'an empty signature', { ...GITLAB, ...standard(SECONDS), 'webhook-signature': '' }],
    ['gitea', 'no signature', without(GITEA, 'x-hub-signature-256')],
    ['gitea', 'another body', GITEA, '{}'],
    [
      'gitea',
      'only the signature of an older Gitea',
      {
        ...without(GITEA, 'x-hub-signature-256'),
        'x-gitea-signature': hub(BODY).slice(7),
      },
    ],
  ])('a delivery from %s with %s is refused', ([kind, , headers, body = BODY]) => {
    expect(read(kind, headers, body)).toBeUndefined()
  })

  test.each(GIT_HOST_KINDS)('a signed delivery of %s that changes no tag names no tag', (kind) => {
    const bodies = [
      '{"ref":"refs/heads/main"}',
      '{"zen":"…"}',
      '[]',
      'null',
      'not json',
      '{"ref":7}',
      '',
      NUL,
    ]
    for (const body of bodies) {
      const headers = {
        github: { ...GITHUB, 'x-hub-signature-256': hub(body) },
        gitlab: GITLAB,
        gitea: { ...GITEA, 'x-hub-signature-256': hub(body) },
      }[kind]
      expect(read(kind, headers, body)).toEqual({ id: 'del-1', tag: undefined })
    }
    const ping = {
      github: { ...GITHUB, 'x-github-event': 'ping' },
      gitlab: { ...GITLAB, 'x-gitlab-event': 'Push Hook' },
      gitea: { ...GITEA, 'x-gitea-event': 'create' },
    }[kind]
    expect(read(kind, ping)).toEqual({ id: 'del-1', tag: undefined })
  })
})
