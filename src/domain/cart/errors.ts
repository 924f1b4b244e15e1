import { DomainError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

export class PackageNotFound extends DomainError {
  /** `field`: where the caller named it. */
  constructor(name: string, field = 'packages') {
    super('not_found', 'package_not_found', `There is no package ${name}.`, 'Call list_packages.', field)
  }
}

export class PackageNotForSale extends DomainError {
  constructor(name: string) {
    super(
      'conflict',
      'package_not_for_sale',
      `The package ${name} is not sold any more.`,
      'Call list_packages for another one.',
      'packages',
    )
  }
}

export class OrderNotFound extends DomainError {
  constructor() {
    super('not_found', 'order_not_found', 'The org has no such order.', 'Call list_orders.', 'order')
  }
}

export class EditionNotSold extends DomainError {
  constructor(name: string, edition: string, sold: readonly string[]) {
    super(
      'conflict',
      'edition_not_sold',
      `The package ${name} is not sold for Magento ${edition}.`,
      sold.length ? `It is sold for: ${sold.join(', ')}.` : 'It cannot be bought by itself.',
      'packages',
    )
  }
}

export class PackageListedTwice extends DomainError {
  constructor(name: string) {
    super(
      'invalid',
      'invalid_input',
      `The package ${name} is listed twice.`,
      'List each package once.',
      'packages',
    )
  }
}

export class VendorNotReady extends DomainError {
  constructor(vendor: string) {
    super(
      'conflict',
      'vendor_not_ready',
      `The vendor ${vendor} cannot be paid yet.`,
      'Try again when the vendor has finished onboarding.',
      'packages',
    )
  }
}

export class OneCurrencyPerPurchase extends DomainError {
  constructor(currencies: readonly string[]) {
    super(
      'conflict',
      'mixed_currencies',
      `One purchase has one currency; these packages are priced in ${currencies.join(' and ')}.`,
      'Buy them one by one.',
      'packages',
    )
  }
}

export class TwoProjects extends DomainError {
  constructor() {
    super(
      'invalid',
      'invalid_input',
      'Only one of project and new_project is possible.',
      'Give one.',
      'project',
    )
  }
}

export class CartIsEmpty extends DomainError {
  constructor() {
    super('conflict', 'cart_is_empty', 'There is nothing in the cart.', 'Call add_to_cart, then quote_cart.')
  }
}

export class CartIsFull extends DomainError {
  constructor(most: number) {
    super(
      'conflict',
      'cart_is_full',
      `A cart holds at most ${most} packages.`,
      'Buy what is in it by checkout_cart, or call remove_from_cart.',
      'packages',
    )
  }
}

export class CartIsBeingCheckedOut extends DomainError {
  constructor(packages: readonly string[]) {
    super(
      'conflict',
      'cart_is_being_checked_out',
      `A checkout that is not over holds ${packages.join(', ')}.`,
      'Wait for its end. Its order is open in list_orders; who placed it (get_order) may call cancel_operation.',
    )
  }
}

export class ProjectChoiceMissing extends DomainError {
  constructor() {
    super(
      'invalid',
      'invalid_input',
      'Exactly one of project and new_project is needed.',
      'Call list_projects, or give new_project.',
      'project',
    )
  }
}

export class PriceChanged extends DomainError {
  constructor(fresh: string) {
    super(
      'conflict',
      'price_changed',
      'The quote does not stand for what this purchase would cost now.',
      `Show the buyer the new price (dry_run, or quote_cart for a cart), then buy with its quote (now ${fresh}).`,
      'quote',
    )
  }
}

export class QuoteExpired extends DomainError {
  constructor() {
    super(
      'conflict',
      'quote_expired',
      'The quote is more than 30 minutes old.',
      'Ask for a new one by a dry_run, or by quote_cart for a cart.',
      'quote',
    )
  }
}

export class QuoteAlreadyUsed extends DomainError {
  constructor(operation: OperationId) {
    super(
      'conflict',
      'quote_already_used',
      `The quote was already used by operation ${operation}.`,
      'Call get_operation, or ask for a new quote by a dry_run, or by quote_cart for a cart.',
      'quote',
    )
  }
}

export class ConnectionIsGone extends DomainError {
  constructor() {
    super(
      'not_allowed',
      'not_allowed',
      'The connection that asked for this purchase may not buy any more.',
      'Connect again, then buy with a new idempotency_key.',
    )
  }
}
