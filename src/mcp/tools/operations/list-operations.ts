import { z } from 'zod'
import { OPERATION_STATUSES } from '#contracts/status-update'
import { listOperations } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { orgArgument } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const operationRow = z.looseObject({
  operation_id: z.string(),
  story: z.string(),
  status: z.enum(OPERATION_STATUSES),
  code: z.string().optional().describe('Why it failed'),
  progress: detail(z.string()),
  started_at: detail(z.string()),
  finished_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_operations',
  title: 'List operations',
  description: 'Lists the operations you started in an org, newest first. Next: get_operation.',
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, status: z.enum(OPERATION_STATUSES).optional(), ...page }),
  output: orgListOf(operationRow),

  async run({ status, ...args }, { db, org, caller, cursors }) {
    const listed = await pageOf(
      { cursors },
      {
        row: operationRow,
        place: { tool: 'list_operations', owner: org.id, filter: { status } },
        page: args,
        read: ({ limit, after }) =>
          listOperations(db, {
            org: org.id,
            customer: caller.customer,
            limit,
            ...(status && { status }),
            ...(after && { before: after as OperationId }),
          }),
        keyOf: ({ id }) => id,
        show: (operation) => ({
          operation_id: operation.id,
          story: operation.story,
          status: operation.status,
          ...(operation.error && { code: operation.error.code }),
          ...(operation.progress && { progress: operation.progress }),
          started_at: operation.createdAt.toISOString(),
          ...(operation.finishedAt && { finished_at: operation.finishedAt.toISOString() }),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
