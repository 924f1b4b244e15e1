export const GIT_HOST_KINDS = ['github', 'gitlab', 'gitea'] as const
/** `gitea` is also Forgejo. */
export type GitHostKind = (typeof GIT_HOST_KINDS)[number]

/** The tokens of a person's consent. Secret. */
export interface GitTokens {
  accessToken: string
  refreshToken: string
  /** When the access token ends. */
  expiresAt: Date
}

/** What a call to a host needs of an integration. Secret. */
export interface GitGrant {
  /** GitHub: the id of the App's installation. Others: the id of the user. */
  accountId: string
  /** Absent for GitHub, where a token is made for each call. */
  accessToken?: string | undefined
}

/** An account of a host that a person let us use. */
export interface ConsentedAccount {
  accountId: string
  accountName: string
  /** Whether we may create push hooks. */
  mayHook: boolean
  /** Absent for GitHub. */
  tokens?: GitTokens
  /** Only for GitHub: the ids of the repositories to which the person may push. We may use no other. */
  repositories?: string[]
}

export interface GitRepository {
  /** The host's id. It stays the same when the repository is renamed or moved. */
  id: string
  /** Such as `acme/module-search`; GitLab also has `group/subgroup/name`. */
  path: string
  /** https, without a user; http only on this machine. */
  cloneUrl: string
  isPrivate: boolean
  /** Whether the account may push. Only such a repository may be published. */
  canPush: boolean
}

/** What `git` needs to read one repository. */
export interface GitCredential {
  cloneUrl: string
  /** The value of the header Authorization: `Basic …`. Secret. Valid for at least 15 minutes. */
  authorization: string
}

/** A delivery whose signature is right. It is only a hint: `git ls-remote` says which tags there are. */
export interface PushDelivery {
  /** The host's id of the delivery. It is not signed. */
  id: string
  /** Such as `refs/tags/v1.0.0`. Undefined when no tag changed, as for a ping or a pushed branch. */
  tag: string | undefined
}

/** Header names are in lower case. */
export type HookHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A Git host that the deployment is configured for. Every call may throw `GitHostFailure`. */
export interface GitHost {
  kind: GitHostKind
  /** As in a URL, with the port unless it is the default one. */
  host: string
  /** Such as `https://github.com`; http only on this machine. */
  origin: string
  /** The page of the host on which a person consents. `challenge` is of PKCE (S256). */
  authorizeUrl: (wanted: AuthorizeRequest) => string
  /** Only GitHub: the page on which a person chooses the repositories that our App may use. */
  installUrl?: (state: string) => string
  /** Trades a code for accounts. Empty when our App is not installed anywhere. `denied` for a code that is wrong, used or too old. */
  exchange: (code: ExchangedCode) => Promise<ConsentedAccount[]>
  /** The new tokens replace the old ones at the host. `unauthorized` when the consent has ended. */
  refresh: (refreshToken: string, at: Date) => Promise<GitTokens>
  /** Ends tokens at the host, if it has a call for that. */
  revoke: (tokens: GitTokens) => Promise<void>
  /** `page` begins with 1. */
  listRepositories: (grant: GitGrant, page: number) => Promise<RepositoryPage>
  /** Undefined when the account cannot see it. Does not follow a rename: a renamed one is found by its id. */
  findRepository: (grant: GitGrant, wanted: RepositoryQuery) => Promise<GitRepository | undefined>
  credential: (grant: GitGrant, repository: GitRepository) => Promise<GitCredential>
  /**
   * Returns the host's id of the hook. Finds an earlier hook with the same URL; after two calls at once only the older
   * hook stays. Fails with `forbidden` when the account may not create hooks.
   */
  createHook: (grant: GitGrant, repository: GitRepository, hook: NewHook) => Promise<string>
  /** Deletes every hook with this URL. Does nothing when there is none. */
  deleteHook: (grant: GitGrant, repository: GitRepository, url: string) => Promise<void>
  /** Returns undefined for a wrong or missing signature. */
  readPush: (delivered: HookDelivery) => PushDelivery | undefined
}

export interface AuthorizeRequest {
  state: string
  challenge: string
  redirectUri: string
  /** Whether to ask for the right to create push hooks. GitHub's App always has it. */
  wantsHooks: boolean
}

export interface ExchangedCode {
  code: string
  verifier: string
  redirectUri: string
  at: Date
}

export type RepositoryQuery = { path: string } | { id: string }

export interface RepositoryPage {
  repositories: GitRepository[]
  nextPage?: number
}

export interface NewHook {
  /** Our URL that receives the deliveries. */
  url: string
  secret: string
}

export interface HookDelivery {
  headers: HookHeaders
  body: Buffer
  secret: string
  at: Date
}

/**
 * - `away`: no answer, an error of the host, or too many requests. The same call may work later.
 * - `unauthorized`: the grant has ended.
 * - `forbidden`: the grant does not allow this call.
 * - `denied`: a code that cannot be traded.
 * - `misconfigured`: the host does not know us. An operator has to look at it.
 */
export type GitHostFailureKind = 'away' | 'unauthorized' | 'forbidden' | 'denied' | 'misconfigured'

/** A call to a Git host failed. The message is our own text and holds no secret. */
export class GitHostFailure extends Error {
  readonly kind: GitHostFailureKind
  readonly retryAfterMs: number | undefined

  constructor(kind: GitHostFailureKind, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'GitHostFailure'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}
