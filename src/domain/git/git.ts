import type {
  GitCredential,
  GitHostKind,
  GitRepository,
  HookHeaders,
  RepositoryQuery,
} from '#kernel/git-host'
import type { GitIntegrationId, OperationId, OrgId, PackageHookId, PackageId } from '#kernel/ids'
import type { Actor } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import type { RepositoryAddress } from './repository-url.ts'

/** What doors and steps can do with the Git hosts of this deployment. A door has to check the permission. */
export interface Git {
  /** The configured hosts. */
  hosts: readonly { host: string; kind: GitHostKind }[]
  /** The configured host of this name, in any case. Refuses `git_host_unknown`. */
  hostNamed: (name: string) => string
  /**
   * Reads a URL of a person: `https://…`, `ssh://git@…` or `git@host:path`. Refuses `git_url_invalid` and
   * `git_host_unknown`.
   */
  addressOf: (url: string) => RepositoryAddress
  /** Asks the host which integration of the org reaches a repository. Refuses `git_host_unavailable`. */
  repositoryAccess: (wanted: RepositoryWanted) => Promise<RepositoryAccess>
  /** As `repositoryAccess`, with what `git` needs to read the repository for at least 15 minutes. */
  credential: (wanted: RepositoryWanted) => Promise<CredentialAccess>
  /**
   * Returns the URL of the host's consent page. Each call makes a new single-use state for this person, this operation
   * and the host that it waits for. It works for 30 minutes. Refuses `git_consent_over`.
   */
  openConsentPage: (wanted: ConsentPage) => Promise<string>
  /**
   * Stores what a person allowed at the host, and nudges the operations of the org that wait for this host. Refuses
   * `git_state_unknown`, `git_state_used`, `git_state_expired`, `git_state_of_another_person`, `git_consent_denied`,
   * `git_consent_over`, `not_allowed`, `git_host_unavailable`; then nothing is stored.
   */
  completeConsent: (answer: ConsentAnswer) => Promise<ConsentOutcome>
  /** The integrations of an org that are not disconnected, oldest first. */
  list: (org: OrgId) => Promise<ListedIntegration[]>
  /**
   * At most `limit` repositories of one integration that may be published, in the order of the host. Stops after 20 pages
   * of the host. Refuses `git_integration_not_found`, `git_integration_broken` and `git_host_unavailable`.
   */
  listRepositories: (wanted: RepositoriesWanted) => Promise<FoundRepositories>
  /**
   * Ends an integration at once. Deletes our hooks and the tokens, also at the host, or leaves that to `cleanUpDue`. Refuses
   * `git_integration_not_found`.
   */
  disconnect: (wanted: IntegrationWanted & { by: Actor }) => Promise<void>
  /**
   * Deletes what disconnected integrations left at their hosts. Takes at most 10 integrations, and returns their number.
   */
  cleanUpDue: (at: Date) => Promise<number>
  /** Creates the push hook of a package. It may run twice, also at once. `removeHook` is its undo. */
  installHook: (wanted: HookWanted) => Promise<InstalledHook>
  /** Removes the hook of a package, at the host when it can. Does nothing when there is none. */
  removeHook: (wanted: HookRemoval) => Promise<void>
  /** The hook of a package, with its secret. Undefined when the package has none. */
  hookOf: (of: PackageId) => Promise<PackageHook | undefined>
  /** Whether deliveries are received under this id, which is unchecked text. */
  isHook: (id: string) => Promise<boolean>
  /** Verifies and records a delivery. It may start a sync of the package. */
  receivePush: (delivery: Delivery) => Promise<'accepted' | 'refused' | 'unknown'>
}

export type RepositoryWanted = { org: OrgId; host: string; at: Date } & RepositoryQuery

/**
 * - `not_connected`: the org has no integration with this host.
 * - `wrong_account`: no connected account sees the repository, or it does not exist.
 * - `not_granted`: an account of its owner is connected, but may not use or not push to this repository.
 * - `broken`: the consent of the integration has ended.
 */
export type RepositoryAccess =
  | { is: 'reached'; integration: GitIntegrationId; repository: GitRepository }
  | { is: 'not_connected' | 'wrong_account' | 'not_granted' | 'broken'; host: string; accounts: string[] }

export type CredentialAccess =
  | { is: 'reached'; integration: GitIntegrationId; repository: GitRepository; credential: GitCredential }
  | Exclude<RepositoryAccess, { is: 'reached' }>

export interface ConsentPage {
  operation: OperationId
  org: OrgId
  /** Whether to ask the host for the right to create push hooks. */
  wantsHooks: boolean
  openedBy: Actor
  at: Date
}

export interface ConsentAnswer {
  /** As the host sent them back, unchecked. */
  state: string
  code?: string | undefined
  error?: string | undefined
  /** GitHub: the person comes back from the page that installs the App. Nothing else of it is trusted. */
  setupAction?: string | undefined
  by: Actor
  at: Date
}

export type ConsentOutcome =
  | { is: 'connected'; operation: OperationId; host: string; accounts: string[] }
  /** GitHub: the App is not installed yet. The URL leads to the page where a person chooses repositories. */
  | { is: 'install'; operation: OperationId; host: string; url: string }
  /** GitHub: the person has installed the App, and now has to consent again. */
  | { is: 'consent'; url: string }
  /** GitHub: an owner of the account has to approve the installation. */
  | { is: 'requested'; host: string }

export interface ListedIntegration {
  id: GitIntegrationId
  kind: GitHostKind
  host: string
  account: string
  mayHook: boolean
  /** GitHub: how many repositories it may use. */
  repositories?: number
  state: 'connected' | 'broken'
  connectedBy: string
  connectedAt: Date
  operation: OperationId
}

export interface IntegrationWanted {
  org: OrgId
  /** Unchecked text from the caller. */
  id: string
  at: Date
}

export interface RepositoriesWanted extends IntegrationWanted {
  limit: number
  /** A part of the path, in any case. */
  search?: string | undefined
  /** The `place` of the last repository of the page before, or its `stoppedAt`. */
  after?: string | undefined
}

export interface FoundRepositories {
  repositories: ListedRepository[]
  /** Where to read on, when it stopped with fewer than `limit` although the host lists more. */
  stoppedAt: string | undefined
}

export interface ListedRepository extends GitRepository {
  /** Where it is in the list of the host. */
  place: string
}

export interface HookWanted {
  hook: PackageHookId
  package: PackageId
  org: OrgId
  host: string
  /** The host's id. */
  repository: string
  at: Date
}

export interface HookRemoval extends Pick<HookWanted, 'package' | 'org' | 'at'> {
  /** Called in the transaction of the removal. Returns whether the hook stays. */
  isKept?: (tx: Db) => Promise<boolean>
}

/**
 * - `missing_permission`: a person has to create the hook, with this URL and the secret of `hookOf`.
 * - `another_repository`: the package follows another one, and nothing was changed.
 */
export interface InstalledHook {
  hook: PackageHookId
  state: 'installed' | 'missing_permission' | 'another_repository'
  url: string
}

export interface Delivery {
  /** Unchecked text. */
  hook: string
  headers: HookHeaders
  body: Buffer
  at: Date
}

export interface PackageHook {
  id: PackageHookId
  host: string
  /** The host's id of the repository. */
  repository: string
  /** Our URL that receives the deliveries. */
  url: string
  secret: string
  /** False: a person has to create it at the host. */
  isInstalled: boolean
  lastPushAt: Date | undefined
}
