import { CodedError } from '#kernel/errors'

export type LimitReached = 'per_purchase' | 'per_day' | 'per_month'

const PERIOD: Record<LimitReached, string> = {
  per_purchase: 'per purchase',
  per_day: 'per day (UTC)',
  per_month: 'per month (UTC)',
}

export class SpendingLimitReached extends CodedError<'spending_limit_reached'> {
  /** `cost`, `most` and `left` are texts such as `49.00 EUR`. `left`: the most that the next purchase may cost. */
  constructor(limit: LimitReached, cost: string, most: string, left: string) {
    const fact = `This costs ${cost}. The limit of the connection is ${most} ${PERIOD[limit]}, and ${left} is left for its next purchase.`
    super('refused', 'spending_limit_reached', fact, { params: { limit, most, left } })
  }
}

export class TooManyPurchases extends CodedError<'spending_limit_reached'> {
  constructor(most: number) {
    const fact = `A connection may begin ${most} purchases an hour.`
    super('refused', 'spending_limit_reached', fact, {
      params: { limit: 'purchases_per_hour', most, left: 0 },
    })
  }
}

export class CurrencyNotAllowed extends CodedError<'currency_not_allowed'> {
  constructor(currency: string, allowed: readonly string[]) {
    const fact = `The connection has no spending limit in ${currency}, so it may not spend it.`
    super('refused', 'currency_not_allowed', fact, { params: { allowed } })
  }
}

export class VendorNotAllowed extends CodedError<'vendor_not_allowed'> {
  constructor(vendor: string, allowed: readonly string[]) {
    const fact = `The connection may not buy from the vendor ${vendor}.`
    super('refused', 'vendor_not_allowed', fact, { params: { allowed } })
  }
}

export class SubscriptionNotAllowed extends CodedError<'subscription_not_allowed'> {
  constructor() {
    const fact = 'The connection may not buy yearly licences.'
    super('refused', 'subscription_not_allowed', fact)
  }
}

export class SpendingStopped extends CodedError<'spending_stopped'> {
  constructor() {
    super('refused', 'spending_stopped', 'The org has stopped all purchases by assistants.')
  }
}

export class ConnectionNotFound extends CodedError<'connection_not_found'> {
  constructor() {
    super('not_found', 'connection_not_found', 'You have no such connection.')
  }
}

export class VendorUnknown extends CodedError<'vendor_not_found'> {
  constructor(slug: string) {
    super('not_found', 'vendor_not_found', `There is no vendor ${slug}.`, { field: 'vendors' })
  }
}
