import { audit, type AuditEvent, by } from '#domain/audit'
import { type Access, orgIdOf } from '#domain/orgs'
import type { Context, Tool } from './tool.ts'

export interface Log {
  error: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
  info: (fields: object, message: string) => void
}

/** Writes a call that was refused or failed to the audit log. When that fails, logs an error; the call stays refused. */
export async function auditRefusal(
  { name }: Pick<Tool, 'name'>,
  { db, caller }: Pick<Context, 'db' | 'caller'>,
  { org, code, log }: { org?: Access | undefined; code: string; log: Log },
): Promise<void> {
  const id = org && orgIdOf(org)
  const event: AuditEvent = {
    chain: id ? `org:${id}` : `customer:${caller.customer}`,
    action: name,
    outcome: code === 'internal_error' ? 'failed' : 'refused',
    ...by(caller),
    org: id,
    code,
  }
  await audit(db, event).catch((err: unknown) =>
    log.error({ err, tool: name, request: caller.request }, 'a refusal could not be audited'),
  )
}
