import { DomainError } from '#kernel/errors'
import type { LicenceId } from '#kernel/ids'
import type { LicenceStatus } from '../../platform/tables.ts'

export class LicenceNotFound extends DomainError {
  constructor() {
    super('not_found', 'licence_not_found', 'The org has no such licence.', 'Call list_licences.', 'licence')
  }
}

export class LicenceHasNoFreeSlot extends DomainError {
  constructor(licence: LicenceId) {
    super(
      'conflict',
      'licence_has_no_free_slot',
      `Licence ${licence} has no free slot left.`,
      'Call move_activation, or buy another licence.',
    )
  }
}

export class PackageIsBeingInstalled extends DomainError {
  /** `field`: where the caller named it. */
  constructor(name: string, field = 'packages') {
    super(
      'conflict',
      'package_being_installed',
      `Another operation is installing ${name} on this project right now.`,
      'Call list_operations and wait for it to end.',
      field,
    )
  }
}

export class LicenceIsSuspended extends DomainError {
  constructor(name: string) {
    super(
      'conflict',
      'licence_suspended',
      `The project's licence of ${name} is suspended, because its payment is disputed.`,
      'Wait until the dispute is settled; it cannot be bought a second time meanwhile.',
      'packages',
    )
  }
}

/** A licence that lends nothing now, each reason with its own code: `licence_expired`, `licence_suspended` and so on. */
export class LicenceIsNotInForce extends DomainError {
  constructor(licence: LicenceId, status: Exclude<LicenceStatus, 'active'>) {
    const { why, nextStep } = NOT_IN_FORCE[status]
    super('conflict', `licence_${status}`, `Licence ${licence} ${why}.`, nextStep, 'licence')
  }
}

const BUY_AGAIN = 'Buy another one by purchase_and_install_package.'
const NOT_IN_FORCE = {
  reserved: {
    why: 'waits for its money',
    nextStep: 'Call list_operations and wait for the purchase to end.',
  },
  expired: { why: 'has ended; where it is active it stays', nextStep: BUY_AGAIN },
  suspended: {
    why: 'is suspended, because its payment is disputed',
    nextStep: 'Wait until the dispute is settled.',
  },
  refunded: { why: 'was paid back', nextStep: BUY_AGAIN },
  revoked: { why: 'was revoked', nextStep: BUY_AGAIN },
}

export class PackageIsHeld extends DomainError {
  /** `field`: where the caller named the project. */
  constructor(name: string, project: string, { by, field }: { by: LicenceId; field: string }) {
    super(
      'conflict',
      'package_held_by_another_licence',
      `The project ${project} already has ${name}, by licence ${by}.`,
      `Nothing is to do; to use the other licence, call deactivate_licence for ${by} first.`,
      field,
    )
  }
}

export class LicenceIsNotActive extends DomainError {
  constructor(licence: LicenceId, project: string, field: string) {
    super(
      'conflict',
      'licence_not_active',
      `Licence ${licence} is not active on the project ${project}.`,
      'Call get_licence for where it is.',
      field,
    )
  }
}

export class LicenceIsOnBoth extends DomainError {
  constructor(licence: LicenceId, from: string, to: string) {
    super(
      'conflict',
      'already_installed',
      `Licence ${licence} is active on ${from} and on ${to}.`,
      `Call deactivate_licence for ${from} to free its slot there.`,
      'to',
    )
  }
}

export class MoveLeadsNowhere extends DomainError {
  constructor() {
    super(
      'invalid',
      'invalid_input',
      'from and to are the same project.',
      'Name the project that gets the licence.',
      'to',
    )
  }
}
