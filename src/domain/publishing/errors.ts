import { CodedError } from '#kernel/errors'

export class PackageToPublishNotFound extends CodedError<'package_not_found'> {
  constructor(id: string) {
    super('not_found', 'package_not_found', `There is no package ${id}.`, {
      params: { wanted_for: 'publishing' },
    })
  }
}

export class VendorIsSuspended extends CodedError<'vendor_not_approved'> {
  constructor(name: string) {
    super(
      'refused',
      'vendor_not_approved',
      `The vendor of ${name} is suspended, so new tags do not become versions.`,
    )
  }
}

export class VersionNotFound extends CodedError<'version_not_found'> {
  constructor(name: string, label: string) {
    super('not_found', 'version_not_found', `There is no version ${label} of ${name}.`)
  }
}

/** An input field that Composer and pages show. */
export type ShownField = 'affected_versions' | 'cve' | 'link' | 'reason' | 'summary' | 'title'

/** `field`: the invalid field. `rule`: what it has to be. */
export class ShownFieldIsInvalid extends CodedError<`${ShownField}_invalid`> {
  constructor(field: ShownField, rule: string) {
    super('invalid', `${field}_invalid`, `The ${field} has to be ${rule}.`, { field })
  }
}

export class AdvisoryExists extends CodedError<'advisory_exists'> {
  constructor(name: string, cve: string) {
    super('conflict', 'advisory_exists', `${name} has an advisory for ${cve} already.`)
  }
}

export class TagIsNotAVersion extends CodedError<'not_a_version_tag'> {
  /** `reason` completes “The tag …”. */
  constructor(tag: string, reason: string) {
    super('refused', 'not_a_version_tag', `The tag ${tag} is not a version: it ${reason}.`)
  }
}

/** Only observed tags are published: their time of release is when they were first seen. */
export class TagWasNotObserved extends CodedError<'tag_not_observed'> {
  constructor(tag: string) {
    super('not_found', 'tag_not_observed', `The tag ${tag} was not seen at this commit.`)
  }
}

export class ManifestIsMissing extends CodedError<'manifest_missing'> {
  constructor(name: string, tag: string) {
    super('refused', 'manifest_missing', `${name} has no composer.json at ${tag}.`)
  }
}

export class ManifestIsInvalid extends CodedError<'manifest_invalid'> {
  constructor(name: string, tag: string, fault: string) {
    super('refused', 'manifest_invalid', `The composer.json of ${name} at ${tag} ${fault}.`)
  }
}

export class ManifestNamesAnotherPackage extends CodedError<'wrong_name'> {
  constructor(name: string, tag: string) {
    super('refused', 'wrong_name', `The composer.json at ${tag} does not name ${name}.`)
  }
}

export class VersionFieldDisagrees extends CodedError<'version_field_disagrees'> {
  constructor(name: string, tag: string) {
    const fact = `The version field in the composer.json of ${name} is not the version of its tag ${tag}.`
    super('refused', 'version_field_disagrees', fact)
  }
}

export class ArchiveDoesNotFitType extends CodedError<'archive_does_not_fit_type'> {
  constructor(name: string, tag: string) {
    const fact = `${name} at ${tag}: a metapackage has no archive, and every other package has one.`
    super('refused', 'archive_does_not_fit_type', fact)
  }
}

export class PackageCoversTooMany extends CodedError<'covers_too_many_packages'> {
  constructor(name: string, most: number) {
    const fact = `${name} would cover more than ${most} packages of its vendor.`
    super('refused', 'covers_too_many_packages', fact)
  }
}
