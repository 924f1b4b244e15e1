import type { z } from 'zod'
import type { Completed, Operation, Operations, Started } from '#domain/operations'
import type { Caller, Permission, OrgAccess, Scope } from '#domain/orgs'
import type { Contract } from '#kernel/contract'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { anyOperation, operationOf, type OperationOutput } from '../operations/handle-schema.ts'
import type { Cursors } from './cursor.ts'

/** One tool, one file; its kind says what it does and what its `run` returns. */
export type Tool = DirectTool | CreationTool | StoryTool | OperationTool

/** Every field is required: what a model reads and what guards the action are decided each time. */
interface Described<In extends z.ZodObject> {
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
}

/** Reads, or acts in one transaction. Returns its output. */
export interface DirectTool<
  In extends z.ZodObject = z.ZodObject,
  Out extends z.ZodObject = z.ZodObject,
> extends Described<In> {
  kind: 'read' | 'action'
  /** Loose, so that clients with a cached list accept a field added later. */
  output: Out
  run(input: z.output<In>, context: ContextOf<In>): Promise<z.input<Out>>
}

/** Creates something in one transaction, once for its key. Its output is the org and the stored result. */
export interface CreationTool<In extends z.ZodObject = z.ZodObject> extends Described<In> {
  kind: 'creation'
  output: z.ZodObject
  run(input: z.output<In>, context: ContextOf<In>): Promise<Completed>
}

/** Starts a story or joins it; its output shows the operation, with the result that the contract declares. */
export interface StoryTool<
  In extends z.ZodObject = z.ZodObject,
  Result extends z.ZodObject = z.ZodObject,
> extends Described<In> {
  kind: 'story'
  contract: Pick<Contract<z.ZodObject, Result>, 'story' | 'output'>
  output: OperationOutput<Result>
  run(input: z.output<In>, context: ContextOf<In>): Promise<Started | DryRun<Result>>
}

/** What a story would come to; nothing was started. */
export interface DryRun<Result extends z.ZodObject> {
  dryRun: z.input<Result>
}

/** Looks at an operation that another tool started, or changes its course. */
export interface OperationTool<In extends z.ZodObject = z.ZodObject> extends Described<In> {
  kind: 'operation'
  output: typeof anyOperation
  run(input: z.output<In>, context: ContextOf<In>): Promise<Operation>
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

export const defineTool = <In extends z.ZodObject, Out extends z.ZodObject>(
  tool: DirectTool<In, Out>,
): DirectTool<In, Out> => tool

export const defineCreationTool = <In extends z.ZodObject>(
  tool: Omit<CreationTool<In>, 'kind'>,
): CreationTool<In> => ({ ...tool, kind: 'creation' })

export const defineStoryTool = <In extends z.ZodObject, Result extends z.ZodObject>(
  tool: Omit<StoryTool<In, Result>, 'kind' | 'output'>,
): StoryTool<In, Result> => ({ ...tool, kind: 'story', output: operationOf(tool.contract.output) })

export const defineOperationTool = <In extends z.ZodObject>(
  tool: Omit<OperationTool<In>, 'kind' | 'output'>,
): OperationTool<In> => ({ ...tool, kind: 'operation', output: anyOperation })

export const scopesOf = ({ scope }: Pick<Tool, 'scope'>): readonly Scope[] =>
  typeof scope === 'string' ? [scope] : scope

export const isAboutOneOrg = ({ input }: Pick<Tool, 'input'>): boolean => 'org' in input.shape
