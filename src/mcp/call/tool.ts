import type { z } from 'zod'
import type { Operations } from '#domain/operations'
import type { Caller, Permission, OrgAccess, Scope } from '#domain/orgs'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import type { Cursors } from './cursor.ts'

/** One tool, one file. Every field is required: what a model reads and what guards the action are decided each time. */
export interface Tool<In extends z.ZodObject = z.ZodObject, Out extends z.ZodObject = z.ZodObject> {
  /** Snake case, at most 64 characters. */
  name: string
  title: string
  /** What and when first, then defaults, limits and the next tool. */
  description: string
  /** One or several; a connection needs them all. */
  scope: Scope | readonly Scope[]
  /** A row of the role table; asked of the org when the input has one. */
  permission: Permission
  hints: { readOnly: boolean; destructive: boolean; idempotent: boolean; openWorld: boolean }
  /** Strict, so that a misspelt parameter is refused. With `org` in it, the call is about one org. */
  input: In
  /** Loose, so that clients with a cached list accept a field added later. */
  output: Out
  run(input: z.output<In>, context: ContextOf<In>): Promise<z.input<Out>>
}

type ContextOf<In> =
  In extends z.ZodObject<infer Shape> ? ('org' extends keyof Shape ? OrgContext : Context) : never

/** What a tool may use, for one call. */
export interface Context {
  db: Db
  operations: Operations
  secrets: Secrets
  cursors: Cursors
  publicUrl: string
  caller: Caller & { connection: ConnectionId }
  clientId: string
  connectedAt: Date
  person: { displayName: string; email: string }
  /** The connection's active org with the live role; absent when lost. */
  activeOrg: OrgAccess | undefined
  /** What starting that story takes, and so stopping it. */
  scopesToStart: (story: string) => readonly Scope[]
  /** The moment of the call. */
  at: Date
  requestId: string
  /** Fires when the client has gone or the process stops: ends waits, never an operation. */
  signal: AbortSignal
}

export interface OrgContext extends Context {
  org: OrgAccess
}

/** The identity, with types. */
export const defineTool = <In extends z.ZodObject, Out extends z.ZodObject>(
  tool: Tool<In, Out>,
): Tool<In, Out> => tool

export const scopesOf = ({ scope }: Pick<Tool, 'scope'>): readonly Scope[] =>
  typeof scope === 'string' ? [scope] : scope

export const isAboutOneOrg = ({ input }: Pick<Tool, 'input'>): boolean => 'org' in input.shape
