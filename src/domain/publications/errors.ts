import { CodedError } from '#kernel/errors'

export class OrgHasNoVendor extends CodedError<'no_vendor'> {
  constructor() {
    super('refused', 'no_vendor', 'The org has no vendor, so it cannot publish.')
  }
}

export class VendorHasToBeNamed extends CodedError<'vendor_not_named'> {
  constructor(slugs: readonly string[]) {
    const fact = `The org has several vendors: ${slugs.join(', ')}.`
    super('invalid', 'vendor_not_named', fact, { field: 'vendor', params: { vendors: slugs } })
  }
}

export class VendorIsNotOfThisOrg extends CodedError<'vendor_not_of_org'> {
  constructor(slugs: readonly string[]) {
    const fact = `The org has no such vendor; it has ${slugs.join(', ')}.`
    super('not_found', 'vendor_not_of_org', fact, { field: 'vendor', params: { vendors: slugs } })
  }
}

export class VendorIsNotApproved extends CodedError<'vendor_not_approved'> {
  constructor(slug: string) {
    super('refused', 'vendor_not_approved', `The vendor ${slug} is not approved, or was suspended.`)
  }
}

/** The person's connection was revoked, or lost the scope, after the request. */
export class PublishingConnectionIsGone extends CodedError<'not_allowed'> {
  constructor() {
    super('not_allowed', 'not_allowed', 'The connection that asked for this may not publish any more.')
  }
}

/** No account sees it, or it does not exist: the host does not say which. */
export class RepositoryIsNotSeen extends CodedError<'git_wrong_account'> {
  constructor(host: string, accounts: readonly string[]) {
    const fact = `No account that the org connected at ${host} sees this repository (connected: ${accounts.join(', ')}).`
    super('refused', 'git_wrong_account', fact, { params: { host, accounts } })
  }
}

export class RepositoryIsNotGranted extends CodedError<'git_repository_not_granted'> {
  constructor(host: string, accounts: readonly string[]) {
    const fact = `The access at ${host} does not include this repository, or not the right to push to it.`
    super('refused', 'git_repository_not_granted', fact, { params: { host, accounts } })
  }
}

export class GitHostIsNotConnected extends CodedError<'git_not_connected'> {
  constructor(host: string) {
    super('refused', 'git_not_connected', `The org has no access to ${host}.`, { params: { host } })
  }
}

export class RepositoryHasNoVersionTags extends CodedError<'no_version_tags'> {
  constructor() {
    super('refused', 'no_version_tags', 'The repository has no tag that is a version, such as v1.0.0.')
  }
}

export class NameIsOutsideNamespace extends CodedError<'name_not_in_namespace'> {
  constructor(slug: string) {
    const fact = `The name in composer.json does not begin with ${slug}/, the namespace of the vendor.`
    super('refused', 'name_not_in_namespace', fact, { params: { vendor: slug } })
  }
}

export class PackageHasAnotherRepository extends CodedError<'package_has_another_repository'> {
  constructor(name: string) {
    const fact = `${name} is published from another repository.`
    super('conflict', 'package_has_another_repository', fact)
  }
}

export class PackageIsNotOfThisOrg extends CodedError<'package_not_found'> {
  constructor(name: string) {
    super('not_found', 'package_not_found', `The org has no package ${name}.`, {
      field: 'package',
      params: { wanted_for: 'publishing' },
    })
  }
}

export class PackageFollowsNoRepository extends CodedError<'package_has_no_repository'> {
  constructor(name: string) {
    super('refused', 'package_has_no_repository', `${name} was not published from a Git repository.`)
  }
}
