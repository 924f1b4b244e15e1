const RESERVED = ['admin', 'operator', 'security', 'support']

/** Nobody shall pass for the market itself. */
export const isReservedSlug = (slug: string): boolean =>
  RESERVED.includes(slug) || slug.replaceAll('-', '').startsWith('packagento')
