/** Support links and licences of a composer.json. The vendor wrote them, so everything that does not match is left out. */

/** Where a vendor gives help. */
export interface SupportLink {
  kind: SupportKind
  /** `https:` or `mailto:`. */
  href: string
  /** The host, or the address of a mail. */
  shown: string
}

/** Of Composer's `support`, what a buyer needs, the most useful first. */
const KINDS = ['email', 'issues', 'forum', 'chat', 'docs'] as const
export type SupportKind = (typeof KINDS)[number]

const LONGEST = 500
const MAIL = /^[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}$/i
/** An identifier or an expression of SPDX (https://spdx.org/licenses), or a word such as `proprietary`. */
const LICENCE = /^[\w.+()-][\w.+() -]{0,99}$/
const MOST_LICENCES = 5

export function supportIn(manifest: unknown): SupportLink[] {
  const { support } = manifest as { support?: unknown }
  if (typeof support !== 'object' || support === null) return []
  return KINDS.flatMap((kind) => {
    const { [kind]: target } = support as Partial<Record<SupportKind, unknown>>
    const link = typeof target === 'string' ? (mailLink(target) ?? webLink(target)) : undefined
    return link ? [{ kind, ...link }] : []
  })
}

/** Under which licences the code may be used: one of them suffices. Empty when it says nothing that can be shown. */
export function licencesIn(manifest: unknown): string[] {
  const { license } = manifest as { license?: unknown }
  const each: unknown[] = typeof license === 'object' && license !== null ? Object.values(license) : [license]
  const shown = each.filter((text): text is string => typeof text === 'string' && LICENCE.test(text))
  return shown.length === each.length ? shown.slice(0, MOST_LICENCES) : []
}

function mailLink(target: string): Omit<SupportLink, 'kind'> | undefined {
  const address = target.replace(/^mailto:/i, '')
  return MAIL.test(address) ? { href: `mailto:${address}`, shown: address } : undefined
}

/** The host is shown in ASCII, so that no letter of another alphabet imitates it. */
function webLink(target: string): Omit<SupportLink, 'kind'> | undefined {
  const url = target.length <= LONGEST ? URL.parse(target) : null
  if (url?.protocol !== 'https:' || url.username || url.password) return undefined
  return { href: url.href, shown: url.host }
}
