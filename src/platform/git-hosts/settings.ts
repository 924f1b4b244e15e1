import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { GIT_HOST_KINDS } from '#kernel/git-host'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const origin = z.string().refine((text) => {
  const url = URL.parse(text)
  if (url?.origin !== text) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}, 'has to be an https origin such as https://git.example, without a path')

const gitHostSettings = z
  .strictObject({
    kind: z.enum(GIT_HOST_KINDS),
    url: origin,
    /** Where its API is, when it is not where this kind of host has it. */
    api: z.url('has to be a URL').optional(),
    client_id: z.string().min(1),
    client_secret: z.string().min(1),
    /** GitHub: the App's name in URLs, and its private key (PEM). */
    app_slug: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
    private_key: z.string().refine(isRsaKey, 'has to be the private key of the App (PEM)').optional(),
    /** For a host in our own network. Otherwise repositories are read from public addresses only. */
    private_network: z.boolean().default(false),
  })
  .refine(
    ({ kind, app_slug, private_key }) => kind !== 'github' || (app_slug && private_key),
    'of kind github needs app_slug and private_key',
  )

export type GitHostSettings = z.output<typeof gitHostSettings>

/** The setting `GIT_HOSTS`: a JSON list. Each host has another address. */
export const gitHostsSetting = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'has to be a JSON list' })
      return z.NEVER
    }
  })
  .pipe(z.array(gitHostSettings))
  .refine(
    (list) => new Set(list.map(({ url }) => url)).size === list.length,
    'must not name a host twice: each needs its own url',
  )

export const isOnThisMachine = ({ url }: Pick<GitHostSettings, 'url'>): boolean =>
  LOOPBACK.test(new URL(url).hostname)

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

/** Which hosts `git` may clone from. Only a stand-in on this machine speaks http. */
export const cloneHosts = (hosts: readonly GitHostSettings[]) =>
  hosts.map(({ url, private_network }) => {
    const { host: name, protocol } = new URL(url)
    const isHere = isOnThisMachine({ url })
    return { name, allowHttp: isHere && protocol === 'http:', allowPrivateAddress: isHere || private_network }
  })
