import type { Icon } from './style/icons.ts'

/** A page of the customer area that a person can choose. */
export interface Destination {
  href: string
  text: string
  icon: Icon
  /** It is about the person or names its org. The others show the org in which the visitor works. */
  isOwn?: true
  /** Pages that belong to it and have no row. */
  also?: readonly string[]
}

const AREA = '/account'

/** The links of the customer area, in this order. A row is here only when its page exists. */
export const CUSTOMER_AREA: readonly Destination[] = [
  { href: AREA, text: 'Overview', icon: 'home' },
  { href: '/account/projects', text: 'Projects', icon: 'layers' },
  { href: '/account/licences', text: 'Licences', icon: 'key' },
  { href: '/account/orders', text: 'Orders', icon: 'receipt', also: ['/account/billing'] },
  { href: '/account/resolve', text: 'Shop check', icon: 'search' },
  { href: '/account/team', text: 'Team', icon: 'people' },
  { href: '/account/integrations', text: 'Assistants', icon: 'plug', isOwn: true },
  { href: '/account/payment-methods', text: 'Cards', icon: 'card', isOwn: true },
  { href: '/account/vendor', text: 'Vendor', icon: 'box' },
  { href: '/account/git', text: 'Git', icon: 'branch' },
  { href: '/account/audit', text: 'Audit', icon: 'list', isOwn: true },
  {
    href: '/account/security',
    text: 'Security',
    icon: 'lock',
    isOwn: true,
    also: ['/account/email', '/account/password', '/account/second-factor'],
  },
]

/** The links below every page. */
export const FOOTER: readonly Omit<Destination, 'icon'>[] = [
  { href: '/', text: 'Packages' },
  { href: '/docs', text: 'Documentation' },
  { href: '/log', text: 'Log' },
  { href: '/status', text: 'Status' },
  { href: '/terms', text: 'Terms' },
  { href: '/privacy', text: 'Privacy' },
]

export const isInCustomerArea = (path: string): boolean => /^\/account(?:\/|$)/.test(path)

/** The row that a path belongs to: its `href` is the path itself, or its nearest parent other than the overview. */
export const destinationOf = (path: string): Destination | undefined =>
  CUSTOMER_AREA.find(({ also }) => also?.includes(path)) ??
  CUSTOMER_AREA.filter(({ href }) => path === href || (href !== AREA && path.startsWith(`${href}/`)))
    .toSorted((a, b) => b.href.length - a.href.length)
    .at(0)
