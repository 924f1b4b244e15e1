import { expect } from 'vitest'
import type { Answered, Visitor } from './a-visitor.ts'

export const CART = '/account/cart'

/** Lets a person work in an org and put packages for Magento Open Source into its cart. */
export async function fillCart(visitor: Visitor, packages: readonly string[], org: string): Promise<Visitor> {
  await visitor.get('/account')
  await visitor.post('/account/active-org', { org })
  for (const each of packages) {
    await visitor.get(`/packages/${each}`)
    const added = await visitor.post(`${CART}/add`, { org, package: each, edition: 'open-source' })
    const next = `${CART}?added=${encodeURIComponent(each)}`
    expect([added.statusCode, added.headers.location]).toEqual([303, next])
  }
  return visitor
}

/** What a browser sends when the visitor presses the button that buys, without the form token. Empty without that button. */
export function buyFields({ body }: Answered): Record<string, string> {
  if (!body.includes('formaction="/account/cart/checkout"')) return {}
  const [, form = ''] = /<form[^>]* id="choices"[^>]*>(.*?)<\/form>/s.exec(body) ?? []
  const inputs = [...form.matchAll(/<input\s[^>]*>/g)].flatMap(([input]) => {
    const [name, value = ''] = [attribute(input, 'name'), attribute(input, 'value')]
    const isSent = attribute(input, 'type') !== 'checkbox' || /\schecked[\s/>]/.test(input)
    return name !== undefined && isSent ? [[name, value] as const] : []
  })
  const selects = [...form.matchAll(/<select\s([^>]*)>(.*?)<\/select>/gs)].map(([, tag = '', list = '']) => {
    const options = list.match(/<option\s[^>]*>/g) ?? []
    const chosen = options.find((option) => /\sselected[\s>]/.test(option)) ?? options[0]
    return [attribute(tag, 'name') ?? '', attribute(chosen ?? '', 'value') ?? ''] as const
  })
  return Object.fromEntries([...inputs, ...selects])
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
