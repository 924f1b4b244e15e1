import { z } from 'zod'
import { OPERATION_STATUSES } from '#contracts/status-update'
import { listOperations, type Operation } from '#domain/operations'
import { type PurchaseFacts, purchasesOf } from '#domain/orders'
import type { OperationId } from '#kernel/ids'
import { money, orgArgument, shownMoney } from '#kernel/schemas'
import { foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const operationRow = z.looseObject({
  operation_id: z.string(),
  story: z.string(),
  status: z.enum(OPERATION_STATUSES),
  packages: z.array(z.string()).optional(),
  about: z.array(z.string()).optional().describe('Repositories, a project, a vendor or a Git host'),
  amount: money.optional(),
  waiting_for: z.string().optional(),
  url: z.string().optional().describe('For the user to open'),
  code: z.string().optional().describe('Why it failed'),
  progress: detail(z.string()),
  started_at: detail(z.string()),
  finished_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_operations',
  title: 'List operations',
  description: `
    Lists the operations you started in an org, newest first: what each buys or publishes, its amount, and what it waits
    for. With status waiting_for_you: what needs the user now. Next: get_operation.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, status: z.enum(OPERATION_STATUSES).optional(), ...page }),
  output: orgListOf(operationRow),

  async run({ status, ...args }, { db, org, caller, cursors }) {
    let purchases: Awaited<ReturnType<typeof purchasesOf>> = new Map()
    const listed = await pageOf(
      { cursors },
      {
        row: operationRow,
        place: { tool: 'list_operations', owner: org.id, filter: { status } },
        page: args,
        async read({ limit, after }) {
          const operations = await listOperations(db, {
            org: org.id,
            customer: caller.customer,
            limit,
            ...(status && { status }),
            ...(after && { before: after as OperationId }),
          })
          purchases = await purchasesOf(
            db,
            operations.map(({ id }) => id),
          )
          return operations
        },
        keyOf: ({ id }) => id,
        show: (operation) => ({
          operation_id: operation.id,
          story: operation.story,
          status: operation.status,
          ...shownSubject(operation, purchases.get(operation.id)),
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

/** What tells an operation from the others. Nobody is led to pay for what was cancelled, so it has no URL. */
function shownSubject(
  { story, subject = [], waitingFor, url, cancelRequested }: Operation,
  purchase: PurchaseFacts | undefined,
) {
  const packages = purchase?.packages ?? (PACKAGES.has(story) ? subject : [])
  const others = PACKAGES.has(story) ? [] : subject.map(withoutScheme)
  return {
    ...(packages.length && { packages }),
    ...(others.length && { about: others }),
    ...(purchase && { amount: shownMoney(purchase.total) }),
    ...(waitingFor && { waiting_for: waitingFor }),
    ...(url && !cancelRequested && { url }),
  }
}

/** A repository as a text, because a URL is no text for a model, and it may contain a password. */
const withoutScheme = (text: string) => foreignText(text.replace(/^[a-z+]*:?\/\/([^@/]*@)?/i, ''), SUMMARY)

/** The stories whose input names packages. */
const PACKAGES = new Set(['purchase_and_install_package', 'sync_package'])
