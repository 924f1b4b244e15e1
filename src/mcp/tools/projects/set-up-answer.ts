import { z } from 'zod'
import { readOperation } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { authJson, composerRepository } from '#kernel/schemas'
import { resultOf } from '../../operations/handle.ts'
import type { OrgContext } from '../../call/tool.ts'

/** What every tool answers that gives a project new keys. */
export const newKeys = {
  auth_json: authJson.optional().describe('Put it beside composer.json; shown for a short time'),
  repository: composerRepository,
  composer_commands: z.array(z.string()),
  replayed: z.boolean().optional(),
  next_step: z.string().optional(),
}

/** The stored result of a action that one transaction completed, with its keys while they may be shown. */
export async function setUpAnswer<Result extends Record<string, unknown>>(
  context: OrgContext,
  { operation, replayed }: { operation: OperationId; replayed: boolean },
) {
  const result = await resultOf<Result>(context, await readOperation(context.db, operation))
  return { org: context.org.slug, ...result, ...(replayed && { replayed }) }
}
