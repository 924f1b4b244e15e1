import { CodedError } from '#kernel/errors'

export class NothingToChange extends CodedError<'invalid_input'> {
  constructor() {
    super('invalid', 'invalid_input', 'At least one of title, summary and prices is needed.', {
      field: 'title',
      params: { fault: 'nothing_to_change' },
    })
  }
}

/** `rule` completes “The price for Magento <edition> …”. */
export class PriceIsInvalid extends CodedError<'price_invalid'> {
  constructor(edition: string, rule: string) {
    super('invalid', 'price_invalid', `The price for Magento ${edition} ${rule}.`, { field: 'prices' })
  }
}

export class CurrencyIsNotSettled extends CodedError<'currency_not_settled'> {
  constructor(currencies: readonly string[]) {
    const fact = `This market settles in ${currencies.join(', ')} only.`
    super('invalid', 'currency_not_settled', fact, { field: 'prices', params: { currencies } })
  }
}

/** `fact`: one sentence. */
export class PricesDoNotFitTogether extends CodedError<'prices_mixed'> {
  constructor(fact: string) {
    super('invalid', 'prices_mixed', fact, { field: 'prices' })
  }
}

export class OfferHasChanged extends CodedError<'package_changed'> {
  constructor(name: string, revision: number) {
    const fact = `Somebody changed ${name} since; it is at revision ${revision} now.`
    super('conflict', 'package_changed', fact, { field: 'revision', params: { revision } })
  }
}

export class PackageHasNoPrice extends CodedError<'package_has_no_price'> {
  constructor(name: string) {
    const fact = `${name} has no price, and was not declared free.`
    super('conflict', 'package_has_no_price', fact)
  }
}

export class PublicPackageNeedsAPrice extends CodedError<'public_package_needs_price'> {
  constructor(name: string) {
    const fact = `${name} is public and has a price, so it has to keep one.`
    super('conflict', 'public_package_needs_price', fact, { field: 'prices' })
  }
}
