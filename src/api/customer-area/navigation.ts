import type { Icon } from './style/icons.ts'

/** A page of the customer area that a person can choose. */
export interface Destination {
  href: string
  text: string
  icon: Icon
}

/** The links of the customer area, in this order. A row is here only when its page exists. */
export const CUSTOMER_AREA: readonly Destination[] = [
  { href: '/account', text: 'Overview', icon: 'home' },
  { href: '/account/licences', text: 'Licences', icon: 'key' },
  { href: '/account/integrations', text: 'Assistants', icon: 'plug' },
  { href: '/account/payment-methods', text: 'Cards', icon: 'card' },
  { href: '/account/vendor', text: 'Vendor', icon: 'box' },
  { href: '/account/git', text: 'Git', icon: 'branch' },
  { href: '/account/audit', text: 'Audit', icon: 'list' },
  { href: '/account/security', text: 'Security', icon: 'lock' },
]

/** The links below every page. */
export const FOOTER: readonly Omit<Destination, 'icon'>[] = [
  { href: '/', text: 'Packages' },
  { href: '/docs', text: 'Documentation' },
  { href: '/log', text: 'Log' },
  { href: '/status', text: 'Status' },
  { href: '/terms', text: 'Terms' },
]

export const isInCustomerArea = (path: string): boolean => /^\/account(?:\/|$)/.test(path)

/** The row that a path belongs to: its `href` is the path itself, or the nearest parent of the path. */
export const destinationOf = (path: string): Destination | undefined =>
  CUSTOMER_AREA.filter(({ href }) => path === href || path.startsWith(`${href}/`))
    .toSorted((a, b) => b.href.length - a.href.length)
    .at(0)
