import { sql } from 'kysely'
import { type CustomerId, isId, type OperationId } from '#kernel/ids'
import { guestRolesWith, rolesWith } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { OperationNotFound } from './errors.ts'
import type { Operation } from './operation.ts'
import { asOperation, operations, operationsInOrgsOf } from './operation-store.ts'

/**
 * An operation of the customer. With `toStop`, also that of another member, if the customer may stop it. A guest of a
 * project finds the operations by which they made keys of it. Refuses `operation_not_found`, also when the customer has
 * left the org.
 */
export async function findOperation(
  db: Db,
  { id, customer, toStop = false }: { id: string; customer: CustomerId; toStop?: boolean | undefined },
): Promise<Operation> {
  if (!isId('op', id)) throw new OperationNotFound(id)
  const found = await operationsInOrgsOf(db, customer)
    .where('p.id', '=', id)
    .where((where) =>
      where.or([
        where('p.asked_by', '=', customer),
        ...(toStop ? [where('m.role', 'in', rolesWith('stop_operations'))] : []),
      ]),
    )
    .executeTakeFirst()
  // what a guest may start has ended at once, so there is nothing to stop
  const operation = found ?? (toStop ? undefined : await keysMadeByGuest(db, { id, customer }))
  if (!operation) throw new OperationNotFound(id)
  return asOperation(operation)
}

/** The stories by which a guest makes keys. Their results name the project. */
const MAKE_KEYS = ['create_project_token', 'rotate_project_token']

const keysMadeByGuest = (db: Db, { id, customer }: { id: OperationId; customer: CustomerId }) =>
  operations(db)
    .innerJoin('project_guests as g', (on) =>
      on.onRef('g.org_id', '=', 'p.org_id').on(sql<boolean>`g.project_id = p.result ->> 'project'`),
    )
    .where('p.id', '=', id)
    .where('p.asked_by', '=', customer)
    .where('p.story', 'in', MAKE_KEYS)
    .where('g.customer_id', '=', customer)
    .where('g.role', 'in', guestRolesWith('manage_project_tokens'))
    .where('o.deleted_at', 'is', null)
    .executeTakeFirst()
