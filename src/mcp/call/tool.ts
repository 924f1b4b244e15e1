import type { z } from 'zod'
import type { Git } from '#domain/git'
import type { Completed, Operation, Operations, Started } from '#domain/operations'
import type { Access, Caller, GuestPermission, Need, OrgAccess, Permission, Scope } from '#domain/orgs'
import type { SpendingSettings } from '#domain/spending'
import type { Contract } from '#kernel/contract'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { anyOperation, operationOf, type OperationOutput } from '../operations/handle-schema.ts'
import type { Cursors } from './cursor.ts'

/** A tool has a file of its own. Its kind decides what it does and what its `run` returns. */
export type Tool = DirectTool | CreationTool | StoryTool | OperationTool

/** Every field is required, so that each tool decides what a model reads and who may call it. */
interface Described<In extends z.ZodObject> {
  /** Snake case, at most 64 characters. */
  name: string
  title: string
  /** First what it does and when to call it, then defaults, limits and the next tool. */
  description: string
  /** A connection needs all of these. */
  scope: Scope | readonly Scope[]
  /** A row of the role table. It is checked when the input has an org. */
  permission: Permission
  /** Only `defineProjectTool` and `defineProjectCreationTool` set it. Without it, guests of a project are refused. */
  guests?: true
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

/** Creates or changes something in one transaction, once per idempotency key. Its output is the org and the stored result. */
export interface CreationTool<In extends z.ZodObject = z.ZodObject> extends Described<In> {
  kind: 'creation'
  output: z.ZodObject
  run(input: z.output<In>, context: ContextOf<In>): Promise<Completed | { dryRun: Record<string, unknown> }>
}

/** Starts a story or joins it. Its output is the operation, with the result that the contract declares. */
export interface StoryTool<
  In extends z.ZodObject = z.ZodObject,
  Result extends z.ZodObject = z.ZodObject,
> extends Described<In> {
  kind: 'story'
  contract: Pick<Contract<z.ZodObject, Result>, 'story' | 'output'>
  output: OperationOutput<Result>
  run(input: z.output<In>, context: ContextOf<In>): Promise<Started | DryRun<Result>>
}

/** The result that a story would have. Nothing was started. */
export interface DryRun<Result extends z.ZodObject> {
  dryRun: z.input<Result>
}

/** Reads or cancels an operation that another tool started. */
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
  spending: SpendingSettings
  git: Git
  /** Whether this market approves each application as a vendor at once. */
  approvesVendors: boolean
  cursors: Cursors
  publicUrl: string
  /** The currencies in which vendors may set prices. */
  currencies: readonly string[]
  caller: Caller & { connection: ConnectionId }
  connectedAt: Date
  person: { displayName: string; email: string }
  /** The connection's active org with the current role. Absent when the caller is no member or guest of it any more. */
  activeOrg: Access | undefined
  /** The scopes that a connection needs to start a story, and to stop it. */
  scopesToStart: (story: string) => readonly Scope[]
  /** The moment of the call. */
  at: Date
  requestId: string
  /** Fires when the client is gone or the process stops. It ends waits, never an operation. */
  signal: AbortSignal
}

export interface OrgContext extends Context {
  org: OrgAccess
}

/** A tool that does not name guests refuses them. */
interface ForMembers {
  guests?: never
}

/** Of a tool that also serves guests of a project: they reach only what was shared with them. */
export interface ProjectContext extends Context {
  org: Access
}

/** A tool for members and for guests. Its permission is one that a guest may have. */
type ForGuests<Made, In, Result> = Omit<Made, 'kind' | 'permission' | 'guests' | 'run'> & {
  permission: GuestPermission
  run: (input: In, context: ProjectContext) => Promise<Result>
}

export const defineProjectTool = <In extends z.ZodObject, Out extends z.ZodObject>({
  run,
  ...tool
}: ForGuests<DirectTool<In, Out>, z.output<In>, z.input<Out>> & {
  kind: DirectTool['kind']
}): DirectTool<In, Out> => ({ ...tool, guests: true, run: run as DirectTool<In, Out>['run'] })

export const defineProjectCreationTool = <In extends z.ZodObject>({
  run,
  ...tool
}: ForGuests<CreationTool<In>, z.output<In>, Completed>): CreationTool<In> => ({
  ...tool,
  kind: 'creation',
  guests: true,
  run: run as CreationTool<In>['run'],
})

export const defineTool = <In extends z.ZodObject, Out extends z.ZodObject>(
  tool: DirectTool<In, Out> & ForMembers,
): DirectTool<In, Out> => tool

export const defineCreationTool = <In extends z.ZodObject>(
  tool: Omit<CreationTool<In>, 'kind'> & ForMembers,
): CreationTool<In> => ({ ...tool, kind: 'creation' })

export const defineStoryTool = <In extends z.ZodObject, Result extends z.ZodObject>(
  tool: Omit<StoryTool<In, Result>, 'kind' | 'output'> & ForMembers,
): StoryTool<In, Result> => ({ ...tool, kind: 'story', output: operationOf(tool.contract.output) })

export const defineOperationTool = <In extends z.ZodObject>(
  tool: Omit<OperationTool<In>, 'kind' | 'output'> & ForMembers,
): OperationTool<In> => ({ ...tool, kind: 'operation', output: anyOperation })

export const scopesOf = ({ scope }: Pick<Tool, 'scope'>): readonly Scope[] =>
  typeof scope === 'string' ? [scope] : scope

/** What the role table has to allow. */
export const needOf = ({ permission, guests }: Pick<Tool, 'permission' | 'guests'>): Need =>
  guests ? { permission: permission as GuestPermission, guests } : { permission }

export const isAboutOneOrg = ({ input }: Pick<Tool, 'input'>): boolean => 'org' in input.shape
