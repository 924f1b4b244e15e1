import { DomainError } from '#kernel/errors'
import type { LicenceId } from '#kernel/ids'

export class LicenceNotFound extends DomainError {
  constructor(id: string) {
    super(
      'not_found',
      'licence_not_found',
      `There is no licence ${id} in this org.`,
      'Call list_licences.',
      'licence',
    )
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
  constructor(name: string) {
    super(
      'conflict',
      'package_being_installed',
      `Another operation is installing ${name} on this project right now.`,
      'Call list_operations and wait for it to end.',
      'packages',
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
