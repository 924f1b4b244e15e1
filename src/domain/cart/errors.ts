import { CodedError } from '#kernel/errors'

export class PackageNotFound extends CodedError<'package_not_found'> {
  /** `field`: the input field that contains the name. */
  constructor(name: string, field = 'packages') {
    super('not_found', 'package_not_found', `There is no package ${name}.`, { field })
  }
}

export class PackageNotForSale extends CodedError<'package_not_for_sale'> {
  constructor(name: string) {
    super('conflict', 'package_not_for_sale', `The package ${name} is not sold any more.`, {
      field: 'packages',
    })
  }
}

export class EditionNotSold extends CodedError<'edition_not_sold'> {
  constructor(name: string, edition: string, sold: readonly string[]) {
    const fact = `The package ${name} is not sold for Magento ${edition}.`
    super('conflict', 'edition_not_sold', fact, { field: 'packages', params: { sold } })
  }
}

export class PackageListedTwice extends CodedError<'invalid_input'> {
  constructor(name: string) {
    super('invalid', 'invalid_input', `The package ${name} is listed twice.`, {
      field: 'packages',
      params: { fault: 'listed_twice' },
    })
  }
}

export class VendorNotReady extends CodedError<'vendor_not_ready'> {
  constructor(vendor: string) {
    super('conflict', 'vendor_not_ready', `The vendor ${vendor} cannot be paid yet.`, { field: 'packages' })
  }
}

export class OneCurrencyPerPurchase extends CodedError<'mixed_currencies'> {
  constructor(currencies: readonly string[]) {
    const fact = `One purchase has one currency; these packages are priced in ${currencies.join(' and ')}.`
    super('conflict', 'mixed_currencies', fact, { field: 'packages' })
  }
}

export class TwoProjects extends CodedError<'invalid_input'> {
  constructor() {
    super('invalid', 'invalid_input', 'Only one of project and new_project is possible.', {
      field: 'project',
      params: { fault: 'two_projects' },
    })
  }
}

export class CartIsEmpty extends CodedError<'cart_is_empty'> {
  constructor() {
    super('conflict', 'cart_is_empty', 'There is nothing in the cart.')
  }
}

export class CartIsFull extends CodedError<'cart_is_full'> {
  constructor(most: number) {
    super('conflict', 'cart_is_full', `A cart holds at most ${most} packages.`, { field: 'packages' })
  }
}

export class CartIsBeingCheckedOut extends CodedError<'cart_is_being_checked_out'> {
  constructor(packages: readonly string[]) {
    const fact = `A running checkout holds ${packages.join(', ')}.`
    super('conflict', 'cart_is_being_checked_out', fact)
  }
}

export class ProjectChoiceMissing extends CodedError<'invalid_input'> {
  constructor() {
    super('invalid', 'invalid_input', 'Exactly one of project and new_project is needed.', {
      field: 'project',
      params: { fault: 'no_project' },
    })
  }
}

export class PriceChanged extends CodedError<'price_changed'> {
  /** `price`: the current price, as text. */
  constructor(price: string) {
    const fact = 'The quote does not match this purchase at its current price.'
    super('conflict', 'price_changed', fact, { field: 'quote', params: { price } })
  }
}

export class QuoteMalformed extends CodedError<'quote_malformed'> {
  constructor() {
    super('invalid', 'quote_malformed', 'This text is no quote of this market.', { field: 'quote' })
  }
}

export class QuoteExpired extends CodedError<'quote_expired'> {
  constructor() {
    super('conflict', 'quote_expired', 'The quote is more than 30 minutes old.', { field: 'quote' })
  }
}
