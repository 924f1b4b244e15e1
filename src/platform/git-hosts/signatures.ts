import { createHmac, timingSafeEqual } from 'node:crypto'
import type { HookHeaders } from '#kernel/git-host'

const TOLERANCE_MS = 5 * 60_000
const MAX_ID_LENGTH = 200

export function header(headers: HookHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The first of these headers, as the id of a delivery. */
export function deliveryId(headers: HookHeaders, ...names: string[]): string | undefined {
  const found = names.map((name) => header(headers, name)).find(Boolean)
  return found && found.length <= MAX_ID_LENGTH ? found : undefined
}

/** `X-Hub-Signature-256` of GitHub and Gitea: `sha256=` and the HMAC of the body in hex. */
export function isSignedByHub(headers: HookHeaders, body: Buffer, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  return isSame(header(headers, 'x-hub-signature-256'), expected)
}

/**
 * `webhook-signature` of https://www.standardwebhooks.com, as GitLab sends it: the HMAC of id, time and body. `secret`
 * begins with `whsec_`. At most five minutes old.
 */
export function isSignedByStandard(
  headers: HookHeaders,
  { body, secret, at }: { body: Buffer; secret: string; at: Date },
): boolean {
  const [id, time] = [header(headers, 'webhook-id'), header(headers, 'webhook-timestamp')]
  if (!id || !time || !/^\d{1,12}$/.test(time)) return false
  if (Math.abs(at.getTime() - Number(time) * 1000) > TOLERANCE_MS) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')
  const given = header(headers, 'webhook-signature')?.split(' ') ?? []
  return given.some((each) => isSame(each, `v1,${expected}`))
}

/** Takes the same time for each text of the same length. */
export function isSame(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The pushed tag, such as `refs/tags/v1.0.0`, by the body of a push. */
export function tagIn(body: Buffer): string | undefined {
  try {
    const { ref } = JSON.parse(body.toString('utf8')) as { ref?: unknown }
    // no tag has a NUL, and the database does not accept one
    return typeof ref === 'string' && /^refs\/tags\/[^\0]+$/.test(ref) ? ref : undefined
  } catch {
    return undefined
  }
}
