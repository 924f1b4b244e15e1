import { CodedError } from '#kernel/errors'
import { NAME_FAULTS } from '#kernel/look-alikes'

const IN_SLUG = { field: 'slug' }

export class VendorSlugInvalid extends CodedError<'vendor_slug_invalid'> {
  /** `suggestion`: a valid slug that is nearly the given one. */
  constructor(suggestion: string | undefined) {
    const fact =
      'A slug has 2 to 50 characters: a-z and 0-9, with single dashes, dots or underscores between them.'
    super('invalid', 'vendor_slug_invalid', fact, {
      ...IN_SLUG,
      ...(suggestion !== undefined && { params: { suggestion } }),
    })
  }
}

export class VendorSlugReserved extends CodedError<'vendor_slug_reserved'> {
  constructor(slug: string) {
    const fact = `${slug} is reserved: Composer finds packages of that name elsewhere, or it belongs to this market.`
    super('refused', 'vendor_slug_reserved', fact, IN_SLUG)
  }
}

/** Somebody sells under it, or has applied for it. The refusal does not say which of the two, nor who. */
export class VendorSlugTaken extends CodedError<'vendor_slug_taken'> {
  constructor(slug: string) {
    super('conflict', 'vendor_slug_taken', `${slug} is taken.`, IN_SLUG)
  }
}

export class VendorSlugSimilar extends CodedError<'vendor_slug_similar'> {
  constructor(slug: string) {
    const fact = `${slug} is too similar to the slug of another vendor.`
    super('conflict', 'vendor_slug_similar', fact, IN_SLUG)
  }
}

export class VendorNameInvalid extends CodedError<'vendor_name_invalid'> {
  constructor(why: keyof typeof NAMES = 'unfit') {
    super('invalid', 'vendor_name_invalid', NAMES[why], { field: 'name' })
  }
}

const NAMES = {
  unfit: 'The name of a vendor has 2 to 100 characters in one line, and a letter or a digit.',
  ...NAME_FAULTS,
} as const

export class VendorWebsiteInvalid extends CodedError<'vendor_website_invalid'> {
  constructor() {
    const fact =
      'The website is an https URL of at most 200 characters, with a host name and without a user or a password.'
    super('invalid', 'vendor_website_invalid', fact, { field: 'website' })
  }
}

export class VendorTermsNotCurrent extends CodedError<'vendor_terms_not_current'> {
  constructor(current: string) {
    super('invalid', 'vendor_terms_not_current', `The current version of the vendor terms is ${current}.`, {
      field: 'terms_version',
      params: { current },
    })
  }
}

export class TooManyApplications extends CodedError<'too_many_applications'> {
  constructor(most: number) {
    super('refused', 'too_many_applications', `The org has ${most} open applications, and cannot have more.`)
  }
}

/** `vendor` was given without the rest, and the org has no such vendor. */
export class ApplicationIncomplete extends CodedError<'application_incomplete'> {
  constructor(slug: string) {
    const fact = `The org has no vendor ${slug}, and an application needs a name, a website and the accepted terms.`
    super('invalid', 'application_incomplete', fact, { field: 'name' })
  }
}

/** Nothing was changed. What differs is named, what is stored is not. */
export class ApplicationDiffers extends CodedError<'application_differs'> {
  constructor(slug: string, field: 'name' | 'website') {
    const fact = `The org has applied for ${slug} or is its vendor already, with another ${field}.`
    super('conflict', 'application_differs', fact, { field, params: { vendor: slug } })
  }
}

export class ApplicationNotFound extends CodedError<'application_not_found'> {
  constructor() {
    super('not_found', 'application_not_found', 'The org has no such application.')
  }
}

/** It was approved, declined or withdrawn. */
export class ApplicationIsOver extends CodedError<'application_over'> {
  constructor() {
    super('conflict', 'application_over', 'The application is no longer open; nothing was changed.')
  }
}

/** Without the operator's reason, because an operation stores this refusal. */
export class ApplicationWasDeclined extends CodedError<'application_declined'> {
  constructor(slug: string) {
    const fact = `The operator of this market declined the application for ${slug}.`
    super('refused', 'application_declined', fact, { params: { vendor: slug } })
  }
}

export class ApplicationWasWithdrawn extends CodedError<'application_withdrawn'> {
  constructor(slug: string) {
    const fact = `The application for ${slug} was withdrawn.`
    super('refused', 'application_withdrawn', fact, { params: { vendor: slug } })
  }
}
