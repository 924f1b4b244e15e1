import type { z } from 'zod'
import type { OperationId } from './ids.ts'

/** What a story takes and gives. The door checks with it, the story sees its types only. */
export interface Contract<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** The tool's name, and the operation's. */
  story: string
  workflowType: string
  workflowId: (operation: OperationId) => string
  input: Input
  output: Output
  /** The part of an input that says which action is meant; values equal to their default must not show in it. */
  canonicalInput: (input: z.output<Input>) => unknown
}

export const defineContract = <Input extends z.ZodObject, Output extends z.ZodObject>(
  contract: Contract<Input, Output>,
): Contract<Input, Output> => contract

/** A type of a loose object without what may come later: the fields we know, at every depth. */
export type Known<T> = T extends readonly (infer Each)[]
  ? Known<Each>[]
  : T extends object
    ? { [Key in keyof T as string extends Key ? never : Key]: Known<T[Key]> }
    : T
