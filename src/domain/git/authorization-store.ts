import { createHash, randomBytes } from 'node:crypto'
import type { CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { GitStateExpired, GitStateOfAnotherPerson, GitStateUnknown, GitStateUsed } from './errors.ts'
import { consentRedirectUri, type GitOptions, hostOf } from './options.ts'

const STATE_LIVES_MS = 30 * 60_000
/** A used state is kept, so that it is recognised when it comes again. */
const STATE_KEPT_MS = 24 * 60 * 60_000
const STATE = /^[\w-]{43}$/

/** What a state is bound to. */
export interface Authorization {
  operation: OperationId
  org: OrgId
  customer: CustomerId
  host: string
  wantsHooks: boolean
}

/** Stores a new state with the verifier of PKCE. Returns the URL of the host's consent page. */
export async function mintConsent(
  tx: Db,
  options: Pick<GitOptions, 'hosts' | 'sealing' | 'publicUrl'>,
  authorization: Authorization,
  at: Date,
): Promise<string> {
  const host = hostOf(options, authorization.host)
  const { state, verifier } = await mintState(tx, options, authorization, at)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const { wantsHooks } = authorization
  return host.authorizeUrl({ state, challenge, redirectUri: consentRedirectUri(options), wantsHooks })
}

/** The state is a secret of this person's browser: only its hash is stored. Deletes states that are long over. */
export async function mintState(
  tx: Db,
  { sealing }: Pick<GitOptions, 'sealing'>,
  { operation, org, customer, host, wantsHooks }: Authorization,
  at: Date,
): Promise<{ state: string; verifier: string }> {
  const [state, verifier] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const hash = hashOf(state)
  const { keyId, sealed } = sealing.seal(verifier, about(hash))
  const over = new Date(at.getTime() - STATE_KEPT_MS)
  await tx.deleteFrom('git_authorizations').where('expires_at', '<', over).execute()
  await tx
    .insertInto('git_authorizations')
    .values({
      state_hash: hash,
      operation_id: operation,
      org_id: org,
      customer_id: customer,
      host,
      wants_hooks: wantsHooks,
      key_id: keyId,
      sealed,
      created_at: at,
      expires_at: new Date(at.getTime() + STATE_LIVES_MS),
    })
    .execute()
  return { state, verifier }
}

/**
 * Marks a state as used and returns what it is bound to. Refuses `git_state_unknown`, `git_state_of_another_person`,
 * `git_state_used` and `git_state_expired`; then the state stays as it is.
 */
export async function useState(
  tx: Db,
  { sealing }: Pick<GitOptions, 'sealing'>,
  { state, customer, at }: { state: string; customer: CustomerId; at: Date },
): Promise<Authorization & { verifier: string }> {
  if (!STATE.test(state)) throw new GitStateUnknown()
  const hash = hashOf(state)
  const row = await tx
    .selectFrom('git_authorizations')
    .select(['operation_id', 'org_id', 'customer_id', 'host', 'wants_hooks'])
    .select(['key_id', 'sealed', 'expires_at'])
    .where('state_hash', '=', hash)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new GitStateUnknown()
  if (row.customer_id !== customer) throw new GitStateOfAnotherPerson()
  if (!row.key_id || !row.sealed) throw new GitStateUsed()
  if (row.expires_at <= at) throw new GitStateExpired()
  const verifier = sealing.open({ keyId: row.key_id, sealed: row.sealed }, about(hash))
  await tx
    .updateTable('git_authorizations')
    .set({ used_at: at, key_id: null, sealed: null })
    .where('state_hash', '=', hash)
    .execute()
  return {
    operation: row.operation_id,
    org: row.org_id,
    customer: row.customer_id,
    host: row.host,
    wantsHooks: row.wants_hooks,
    verifier,
  }
}

const hashOf = (state: string): Buffer => createHash('sha256').update(state).digest()

const about = (hash: Buffer): string => `git_authorization/${hash.toString('hex')}`
