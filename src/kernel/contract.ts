import type { z } from 'zod'
import type { OperationId } from './ids.ts'

/** The input and output of a story. The door validates with it; the story only uses its types. */
export interface Contract<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** The name of the tool and of the operation. */
  story: string
  workflowType: string
  workflowId: (operation: OperationId) => string
  input: Input
  output: Output
  /** The canonical form of an input, with defaults filled in. Inputs with equal forms ask for the same action. */
  canonicalInput: (input: z.output<Input>) => unknown
}

export const defineContract = <Input extends z.ZodObject, Output extends z.ZodObject>(
  contract: Contract<Input, Output>,
): Contract<Input, Output> => contract

/** The type of a loose object, but with only the declared fields at every depth. */
export type Known<T> = T extends readonly (infer Each)[]
  ? Known<Each>[]
  : T extends object
    ? { [Key in keyof T as string extends Key ? never : Key]: Known<T[Key]> }
    : T
