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

/** The hidden fields of the form that buys, without the token of the visitor. */
export function buyFields({ body }: Answered): Record<string, string> {
  const [, form = ''] = /action="\/account\/cart\/checkout">(.*?)<\/form>/s.exec(body) ?? []
  const fields = [...form.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)]
  const named = fields.map(([, name = '', value = '']) => [name, value] as const)
  return Object.fromEntries(named.filter(([name]) => name !== '_csrf'))
}
