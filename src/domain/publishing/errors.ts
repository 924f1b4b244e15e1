import { DomainError } from '#kernel/errors'

const TAG_AGAIN = 'Correct it and tag a new version.'

export class PackageToPublishNotFound extends DomainError {
  constructor(id: string) {
    super('not_found', 'package_not_found', `There is no package ${id}.`, 'Call publish_package first.')
  }
}

export class VersionNotFound extends DomainError {
  constructor(name: string, label: string) {
    super(
      'not_found',
      'version_not_found',
      `There is no version ${label} of ${name}.`,
      'Call list_package_versions.',
    )
  }
}

/** `field`: the argument at fault; `rule`: what it has to be. */
export class NotToBeShown extends DomainError {
  constructor(field: string, rule: string) {
    super(
      'invalid',
      `${field}_invalid`,
      `The ${field} has to be ${rule}.`,
      'Correct it and try again.',
      field,
    )
  }
}

export class AdvisoryExists extends DomainError {
  constructor(name: string, cve: string) {
    super(
      'conflict',
      'advisory_exists',
      `${name} has an advisory for ${cve} already.`,
      'File one for what is new about it, without the CVE.',
    )
  }
}

export class TagIsNotAVersion extends DomainError {
  constructor(tag: string) {
    super(
      'refused',
      'not_a_version_tag',
      `The tag ${tag} is not a version.`,
      'Tag versions as 1.2.0, v1.2.0 or 1.2.0-beta1.',
    )
  }
}

export class ManifestIsInvalid extends DomainError {
  constructor(name: string, tag: string, fault: string) {
    super('refused', 'manifest_invalid', `The composer.json of ${name} at ${tag} ${fault}.`, TAG_AGAIN)
  }
}

export class ManifestNamesAnotherPackage extends DomainError {
  constructor(name: string, tag: string) {
    super('refused', 'wrong_name', `The composer.json at ${tag} does not name ${name}.`, TAG_AGAIN)
  }
}

export class VersionFieldDisagrees extends DomainError {
  constructor(name: string, tag: string) {
    super(
      'refused',
      'version_field_disagrees',
      `The version field in the composer.json of ${name} is not the version of its tag ${tag}.`,
      'Remove the field and tag a new version.',
    )
  }
}

export class ArchiveDoesNotFitType extends DomainError {
  constructor(name: string, tag: string) {
    super(
      'refused',
      'archive_does_not_fit_type',
      `${name} at ${tag}: a metapackage has no archive, and every other package has one.`,
      TAG_AGAIN,
    )
  }
}

export class PackageCoversTooMany extends DomainError {
  constructor(name: string, most: number) {
    super(
      'refused',
      'covers_too_many_packages',
      `${name} would bring more than ${most} packages of its vendor.`,
      'Split the metapackage.',
    )
  }
}
