import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { GitHostKind } from '../../src/kernel/git-host.ts'
import { read, write } from '../remembered.ts'

export type Access = 'read' | 'write'

export interface HostRepositoryState {
  id: number
  /** Such as `northwind/module-search`. */
  path: string
  isPrivate: boolean
  /** Access by login, besides the owner's. */
  members: Record<string, Access>
  /** Its earlier paths. A request for one of them is redirected. */
  oldPaths: string[]
}

export interface HostUser {
  id: number
  login: string
}

/** What a person allowed an application. Also the user token of a GitHub App. */
export interface HostGrant {
  id: number
  user: string
  scope: string
  accessToken: string
  refreshToken: string
  /** The earlier refresh token. It works until the new access token is used, because the answer may have been lost. */
  earlierRefreshToken?: string | undefined
  /** ms since 1970. */
  expiresAt: number
}

export interface HostCode {
  code: string
  user: string
  clientId: string
  redirectUri: string
  challenge: string
  scope: string
  expiresAt: number
}

/** GitHub: the App on the account of a user, with chosen repositories. */
export interface Installation {
  id: number
  account: string
  repositories: number[]
}

export interface InstallationToken {
  token: string
  installation: number
  /** Absent: all of the installation. */
  repositories?: number[]
  permissions: Record<string, string>
  expiresAt: number
}

export interface HostHook {
  id: number
  repository: number
  url: string
  secret: string
  signingToken?: string | undefined
}

export interface HostState {
  users: HostUser[]
  repositories: HostRepositoryState[]
  codes: HostCode[]
  grants: HostGrant[]
  installations: Installation[]
  installationTokens: InstallationToken[]
  hooks: HostHook[]
  lastId: number
}

export interface HostApp {
  clientId: string
  clientSecret: string
  /** GitHub: the App's name in URLs, the public half of its key, and where a person goes after installing it. */
  slug: string
  publicKey?: string
  callbackUrl: string
}

/** One Git host: its state on the disk, its clock and its application. */
export interface Host {
  kind: GitHostKind
  app: HostApp
  url: () => string
  state: HostState
  /** Writes the state to the disk. */
  save: () => void
  now: () => number
  nextId: () => number
  /** The bare repository on the disk. */
  folderOf: (repository: Pick<HostRepositoryState, 'id'>) => string
}

const EMPTY: HostState = {
  users: [],
  repositories: [],
  codes: [],
  grants: [],
  installations: [],
  installationTokens: [],
  hooks: [],
  lastId: 1000,
}

export interface HostOptions {
  kind: GitHostKind
  app: HostApp
  dir: string
  url: () => string
  now?: () => number
}

export function openHost({ kind, app, dir, url, now = Date.now }: HostOptions): Host {
  const file = path.join(dir, 'state.json')
  fs.mkdirSync(path.join(dir, 'repositories'), { recursive: true })
  const state: HostState = { ...structuredClone(EMPTY), ...read<HostState>(file) }
  return {
    kind,
    app,
    url,
    state,
    save: () => write(file, JSON.stringify(state), 0o600),
    now,
    nextId: () => ++state.lastId,
    folderOf: ({ id }) => path.join(dir, 'repositories', `${id}.git`),
  }
}

export function userNamed({ state, nextId }: Host, login: string): HostUser {
  const known = state.users.find((user) => user.login === login)
  if (known) return known
  const user = { id: nextId(), login }
  state.users.push(user)
  return user
}

export const ownerOf = ({ path: of }: Pick<HostRepositoryState, 'path'>): string => of.split('/')[0] ?? ''

/** What a user may do with a repository. Undefined: it does not exist for them. */
export function accessOf(repository: HostRepositoryState, login: string | undefined): Access | undefined {
  if (login !== undefined && ownerOf(repository) === login) return 'write'
  const given = login === undefined ? undefined : repository.members[login]
  return given ?? (repository.isPrivate ? undefined : 'read')
}

export const randomToken = (prefix: string): string => `${prefix}${randomBytes(24).toString('hex')}`
