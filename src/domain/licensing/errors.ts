import { CodedError } from '#kernel/errors'
import type { LicenceId, OperationId } from '#kernel/ids'
import type { LicenceStatus } from '../../platform/tables.ts'

export class LicenceNotFound extends CodedError<'licence_not_found'> {
  constructor() {
    super('not_found', 'licence_not_found', 'The org has no such licence.', { field: 'licence' })
  }
}

export class LicenceHasNoFreeSlot extends CodedError<'licence_has_no_free_slot'> {
  constructor(licence: LicenceId) {
    super('conflict', 'licence_has_no_free_slot', `Licence ${licence} has no free slot left.`)
  }
}

export class PackageIsBeingInstalled extends CodedError<'package_being_installed'> {
  /** `field`: the input field that contains the name. */
  constructor(
    name: string,
    { field = 'packages', by }: { field?: string; by?: OperationId | undefined } = {},
  ) {
    const fact = `Another operation${by ? `, ${by},` : ''} is installing ${name} on this project right now.`
    super('conflict', 'package_being_installed', fact, { field, ...(by && { params: { operation: by } }) })
  }
}

/** The project holds no yearly licence of the package. `through`: the package that it comes with. */
export class NothingToRenew extends CodedError<'nothing_to_renew'> {
  constructor(name: string, through?: string) {
    const fact = through
      ? `${name} has no licence of its own: it comes with ${through}.`
      : `The project has no yearly licence of ${name} that can be renewed.`
    const params = through && { params: { through } }
    super('conflict', 'nothing_to_renew', fact, { field: 'renew', ...params })
  }
}

export class RenewalTooEarly extends CodedError<'renewal_too_early'> {
  /** `since`: from when on it can be renewed. */
  constructor(name: string, { until, since }: { until: Date; since: Date }) {
    const fact = `The licence of ${name} lasts until ${until.toISOString()} and can be renewed from ${since.toISOString()} on.`
    super('conflict', 'renewal_too_early', fact, { field: 'renew' })
  }
}

/** A year from its old end is over already. */
export class RenewalTooLate extends CodedError<'renewal_too_late'> {
  constructor(name: string, until: Date) {
    const fact = `The licence of ${name} ended at ${until.toISOString()}, so a year from that end is over, too.`
    super('conflict', 'renewal_too_late', fact, { field: 'renew' })
  }
}

/** Another purchase renews the licence, or has done so a moment ago. */
export class IsBeingRenewed extends CodedError<'licence_being_renewed'> {
  constructor(name: string, { operation, isOver }: { operation: OperationId; isOver: boolean }) {
    const fact = `Operation ${operation} ${isOver ? 'has renewed it within a day' : 'is renewing it'}: the licence of ${name}.`
    super('conflict', 'licence_being_renewed', fact, {
      field: 'packages',
      params: { operation, ...(isOver && { paid: 1 }) },
    })
  }
}

export class LicenceIsSuspended extends CodedError<'licence_suspended'> {
  constructor(name: string) {
    const fact = `The project's licence of ${name} is suspended, because its payment is disputed.`
    super('conflict', 'licence_suspended', fact, { field: 'packages', params: { package: name } })
  }
}

/**
 * A licence that cannot be assigned now. Each status has its code: `licence_expired`, `licence_suspended` and so on.
 */
export class LicenceIsNotInForce extends CodedError<`licence_${keyof typeof NOT_IN_FORCE}`> {
  constructor(licence: LicenceId, status: Exclude<LicenceStatus, 'active'>) {
    const fact = `Licence ${licence} ${NOT_IN_FORCE[status]}.`
    super('conflict', `licence_${status}`, fact, { field: 'licence' })
  }
}

const NOT_IN_FORCE = {
  reserved: 'is not paid yet',
  expired: 'has ended; its activations stay',
  suspended: 'is suspended, because its payment is disputed',
  refunded: 'was refunded',
  revoked: 'was revoked',
}

export class PackageIsHeld extends CodedError<'package_held_by_another_licence'> {
  /** `field`: the input field that contains the project. */
  constructor(name: string, project: string, { by, field }: { by: LicenceId; field: string }) {
    const fact = `The project ${project} already has ${name}, by licence ${by}.`
    super('conflict', 'package_held_by_another_licence', fact, { field, params: { held_by: by } })
  }
}

export class LicenceIsNotActive extends CodedError<'licence_not_active'> {
  constructor(licence: LicenceId, project: string, field: string) {
    const fact = `Licence ${licence} is not active on the project ${project}.`
    super('conflict', 'licence_not_active', fact, { field })
  }
}

export class LicenceIsOnBoth extends CodedError<'already_installed'> {
  constructor(licence: LicenceId, from: string, to: string) {
    const fact = `Licence ${licence} is active on ${from} and on ${to}.`
    super('conflict', 'already_installed', fact, { field: 'to', params: { from } })
  }
}

export class MoveToSameProject extends CodedError<'invalid_input'> {
  constructor() {
    super('invalid', 'invalid_input', 'from and to are the same project.', {
      field: 'to',
      params: { fault: 'same_project' },
    })
  }
}
