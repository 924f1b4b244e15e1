import { z } from 'zod'
import { OPERATION_STATUSES } from '#contracts/status-update'

const refusal = z.looseObject({
  code: z.string(),
  message: z.string(),
  next_step: z.string(),
  retryable: z.boolean(),
})

const nextAction = z.looseObject({
  type: z.enum(['call_tool', 'open_url']),
  tool: z.string().optional(),
  arguments: z.looseObject({}).optional(),
  url: z.string().optional().describe('For the user to open'),
  reason: z.string().optional(),
  expires_at: z.string().optional(),
  message: z.string().optional(),
})

/** The field that every purchase adds to its result. */
export const nextStep = { next_step: z.string().optional() }

/** The schema of an operation as a client sees it. `result` is the schema of its result. */
export const operationOf = <Result extends z.ZodObject>(result: Result) =>
  z.looseObject({
    operation_id: z.string().optional().describe('Absent for a dry_run'),
    story: z.string().describe('The tool that started it'),
    org: z.string(),
    status: z.enum(OPERATION_STATUSES),
    progress: z.string().optional(),
    next_action: nextAction.optional().describe('What to do now, unless it is over'),
    poll_after_ms: z.int().optional(),
    result: result.optional(),
    error: refusal.optional(),
    replayed: z.boolean().optional().describe('True: an earlier call had started it'),
  })

export type OperationOutput<Result extends z.ZodObject> = ReturnType<typeof operationOf<Result>>

/** An operation of any story. */
export const anyOperation = operationOf(z.looseObject({}).describe('As the tool that started it says'))

/** An operation that was not yet checked by its tool's output schema. Its result is the stored one, unchanged. */
export type Handle = z.input<OperationOutput<z.ZodObject>>
