import { z } from 'zod'
import { OPERATION_STATUSES } from '#contracts/status-update'
import { money } from '#kernel/schemas'
import { briefly } from '../call/shape.ts'

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
  sign_in_as: z.string().optional().describe('Who has to open it'),
  amount: money.optional().describe('To confirm, or to pay with a new card'),
  vendor: z.string().optional(),
  already_paid: z.array(z.looseObject({ vendor: z.string(), amount: money })).optional(),
})

/** The field that every purchase adds to its result. */
export const nextStep = { next_step: z.string().optional() }

/** The fields of an operation that every tool returns in the same form. */
const state = z.looseObject({
  operation_id: z.string().optional(),
  story: z.string(),
  org: z.string(),
  status: z.enum(OPERATION_STATUSES),
  progress: z.string().optional(),
  next_action: nextAction.optional().describe('What to do now, unless it is over'),
  poll_after_ms: z.int().optional(),
  error: refusal.optional(),
  replayed: z.boolean().optional().describe('True: an earlier call had started it'),
})

/**
 * The schema of an operation as a client sees it. `result` is the schema of its result. Published are its fields and
 * those of its result; get_operation publishes the shape of what to do next.
 */
export const operationOf = <Result extends z.ZodObject>(result: Result) =>
  state.extend({
    next_action: briefly(state.shape.next_action, 'As in get_operation'),
    error: briefly(state.shape.error),
    replayed: z.boolean().optional(),
    result: result.optional(),
  })

export type OperationOutput<Result extends z.ZodObject> = ReturnType<typeof operationOf<Result>>

/** An operation of any story. */
export const anyOperation = state.extend({
  operation_id: z.string().optional().describe('Absent for a dry_run'),
  story: z.string().describe('The tool that started it'),
  result: z.looseObject({}).optional().describe('As the tool that started it says'),
})

/** An operation that was not yet checked by its tool's output schema. Its result is the stored one, unchanged. */
export type Handle = z.input<OperationOutput<z.ZodObject>>
