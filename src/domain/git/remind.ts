import type { OperationId } from '#kernel/ids'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** Reminds the person who asked that an operation waits for their consent at a Git host. One mail per operation. */
export async function enqueueGitReminder(
  db: Db,
  { operation, at }: { operation: OperationId; at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const waiting = await tx
      .selectFrom('operations as p')
      .innerJoin('git_waits as w', 'w.operation_id', 'p.id')
      .innerJoin('customers as u', 'u.id', 'p.asked_by')
      .innerJoin('orgs as o', 'o.id', 'p.org_id')
      .select(['u.email_norm', 'w.host', 'p.url', 'p.waiting_until', 'o.name'])
      .where('p.id', '=', operation)
      .where('p.status', '=', 'waiting_for_you')
      .executeTakeFirst()
    if (!waiting?.url || !waiting.waiting_until) return
    await queueMail(tx, {
      kind: 'git_consent_reminder',
      to: waiting.email_norm,
      data: {
        host: waiting.host,
        org: waiting.name,
        url: waiting.url,
        until: waiting.waiting_until.toISOString(),
      },
      key: `git_consent_reminder:${operation}`,
      at,
    })
  })
}
