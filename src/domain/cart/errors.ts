import { CodedError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

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

/** A hidden package that others bring. `field`: the input field that contains the name. */
export class PackageNotSoldAlone extends CodedError<'package_not_for_sale'> {
  constructor(name: string, comesWith: readonly string[], field = 'packages') {
    const fact = `The package ${name} is not sold alone: it comes with ${comesWith.join(', ')}.`
    super('conflict', 'package_not_for_sale', fact, { field, params: { comes_with: comesWith } })
  }
}

/** The refusal of a package that the shop does not show. `comesWith`: the packages in the shop that bring it. */
export const notInShop = (name: string, comesWith: readonly string[], field?: string) =>
  comesWith.length ? new PackageNotSoldAlone(name, comesWith, field) : new PackageNotFound(name, field)

export class EditionNotSold extends CodedError<'edition_not_sold'> {
  constructor(name: string, edition: string, sold: readonly string[]) {
    const fact = `The package ${name} is not sold for Magento ${edition}.`
    super('conflict', 'edition_not_sold', fact, { field: 'packages', params: { sold } })
  }
}

/** `project`: the edition of the project. */
export class OtherEdition extends CodedError<'other_edition'> {
  constructor(name: string, edition: string, project: string) {
    const fact = `${name} was asked for Magento ${edition}, and the project has Magento ${project}.`
    super('conflict', 'other_edition', fact, { field: 'packages', params: { edition, project } })
  }
}

export class PackagesAreBeingBought extends CodedError<'already_being_bought'> {
  constructor(names: readonly string[], by: OperationId) {
    const fact = `Operation ${by} is buying ${names.join(', ')} for this org and is not over.`
    super('conflict', 'already_being_bought', fact, { field: 'packages', params: { operation: by } })
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
    const fact = 'The quote is for another price, card, project or licence than this purchase has now.'
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
