import type { CustomerId } from '#kernel/ids'
import type { Sealing } from '#domain/identity'
import { hashOfMailToken, newMailToken, sealForMail, type SealedLink } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { LinkNotValid } from './errors.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
export const LINK_LIVES_MS = {
  sign_up: DAY_MS,
  password_reset: 30 * MINUTE_MS,
  email_change: DAY_MS,
} as const
const DELETED_AT_ONCE = 20

export type LinkPurpose = keyof typeof LINK_LIVES_MS

export interface MailLink {
  purpose: LinkPurpose
  /** The address that got the link. */
  email: string
  /** The account that the link changes. Undefined for a sign-up. */
  customer: CustomerId | undefined
  /** The path to which the person wanted to go. */
  back?: string | undefined
  /**
   * The hash of the session that asked for a change of the address. The database deletes the link with the session, however
   * the session ends.
   */
  askedIn?: Buffer | undefined
}

/** A stored link, and its token for the mail. */
export interface NewLink {
  key: string
  link: SealedLink
  expiresAt: Date
}

/** Stores a link of 256 random bits: only its hash, and the token encrypted for one mail. */
export async function addLink(tx: Db, sealing: Sealing, link: MailLink & { at: Date }): Promise<NewLink> {
  const { expiresAt, ...token } = await storeLink(tx, link)
  return { ...sealForMail(sealing, token), expiresAt }
}

/** For a link that no mail carries: whoever asked for it hands it on. Returns its token, which is nowhere stored. */
export async function storeLink(
  tx: Db,
  { purpose, email, customer, back, askedIn, at }: MailLink & { at: Date },
): Promise<{ token: string; tokenHash: Buffer; expiresAt: Date }> {
  const { token, tokenHash } = newMailToken()
  const expiresAt = new Date(at.getTime() + LINK_LIVES_MS[purpose])
  await deleteOldLinks(tx, at)
  await tx
    .insertInto('mail_links')
    .values({
      token_hash: tokenHash,
      purpose,
      email_norm: email,
      customer_id: customer ?? null,
      back: back ?? null,
      asked_in: askedIn ?? null,
      created_at: at,
      expires_at: expiresAt,
    })
    .execute()
  return { token, tokenHash, expiresAt }
}

/** Finds a link that can still be used, and does not use it: mail scanners open links, too. */
export async function findLink(db: Db, token: string, at: Date): Promise<MailLink | undefined> {
  const row = await db
    .selectFrom('mail_links')
    .select(['purpose', 'email_norm', 'customer_id', 'back', 'asked_in'])
    .where('token_hash', '=', hashOfMailToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    purpose: row.purpose as LinkPurpose,
    email: row.email_norm,
    customer: row.customer_id ?? undefined,
    back: row.back ?? undefined,
    askedIn: row.asked_in ?? undefined,
  }
}

/**
 * Uses a link up, in the transaction of the action that it allows. Of two racing transactions only one succeeds.
 * Refuses `link_not_valid`. Lock the customer first.
 */
export async function useLink(
  tx: Db,
  { token, purpose, at }: { token: string; purpose: LinkPurpose; at: Date },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('mail_links')
    .set({ used_at: at })
    .where('token_hash', '=', hashOfMailToken(token))
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst()
  if (!numUpdatedRows) throw new LinkNotValid()
}

/** Invalidates all links of a customer after a change of the address or the password. Lock the customer first. */
export async function useUpLinks(tx: Db, customer: CustomerId, at: Date): Promise<void> {
  await tx
    .updateTable('mail_links')
    .set({ used_at: at })
    .where('customer_id', '=', customer)
    .where('used_at', 'is', null)
    .execute()
}

async function deleteOldLinks(tx: Db, at: Date): Promise<void> {
  await tx
    .deleteFrom('mail_links')
    .where('token_hash', 'in', (from) =>
      from
        .selectFrom('mail_links')
        .select('token_hash')
        .where('expires_at', '<=', new Date(at.getTime() - DAY_MS))
        .orderBy('expires_at')
        .limit(DELETED_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}
