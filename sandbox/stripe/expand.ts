import { invalidRequest } from './errors.ts'
import type { Kind, Store } from './store.ts'

const KIND_OF: Record<string, Kind> = {
  cus: 'customers',
  pm: 'payment_methods',
  pi: 'payment_intents',
  seti: 'setup_intents',
  cs: 'checkout_sessions',
  ch: 'charges',
  re: 'refunds',
  txn: 'balance_transactions',
}

export const cannotExpand = (path: string) =>
  invalidRequest(undefined, `This property cannot be expanded (${path}).`, { param: 'expand' })

/** Replaces ids by their objects: https://docs.stripe.com/api/expanding_objects */
export function expand(store: Store, body: unknown, paths: readonly string[]): unknown {
  return paths.reduce((expanded, path) => {
    try {
      return expandAt(store, expanded, path.split('.'))
    } catch (e) {
      throw e instanceof NoSuchMember ? cannotExpand(path) : e
    }
  }, body)
}

class NoSuchMember extends Error {}

function expandAt(store: Store, value: unknown, [key, ...rest]: string[]): unknown {
  if (Array.isArray(value))
    return value.map((item) => expandAt(store, item, key === undefined ? [] : [key, ...rest]))
  if (key === undefined || typeof value !== 'object' || value === null) return value
  if (!Object.hasOwn(value, key)) throw new NoSuchMember()
  const member = (value as Record<string, unknown>)[key]
  const whole = typeof member === 'string' ? lookUp(store, member) : member
  return { ...value, [key]: expandAt(store, whole, rest) }
}

function lookUp(store: Store, id: string): unknown {
  const kind = KIND_OF[id.split('_')[0] ?? '']
  return (kind && store.get(kind, id)) ?? id
}
