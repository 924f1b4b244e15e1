/** An id such as `ord_01KB…`: a prefix for its kind, then 26 characters that sort by time. Never a secret. */
export type Id<Prefix extends string> = `${Prefix}_${string}`

export type CustomerId = Id<'cst'>
export type OrgId = Id<'org'>
export type ConnectionId = Id<'con'>
export type ProjectId = Id<'prj'>
export type ProjectTokenId = Id<'ptk'>
export type VendorId = Id<'ven'>
export type PackageId = Id<'pkg'>
export type VersionId = Id<'ver'>
export type AdvisoryId = Id<'adv'>
export type PaymentMethodId = Id<'pmt'>
export type OrderId = Id<'ord'>
export type LineId = Id<'lin'>
export type ItemId = Id<'itm'>
export type ChargeId = Id<'chg'>
export type PostingId = Id<'pst'>
export type LicenceId = Id<'lic'>
export type ActivationId = Id<'act'>
export type OperationId = Id<'op'>
export type InviteId = Id<'inv'>
export type InvoiceId = Id<'ivc'>
export type GitIntegrationId = Id<'git'>
export type PackageHookId = Id<'hok'>
export type IncidentId = Id<'inc'>
export type ShareId = Id<'shr'>

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARACTERS = 10
const RANDOM_CHARACTERS = 16

/**
 * Returns a new id in the format of a ULID (https://github.com/ulid/spec). `at` is in ms since 1970, `random` returns
 * a number in [0, 1). Both are arguments, because workflows load this file and are replayed.
 */
export function mintId<Prefix extends string>(
  prefix: Prefix,
  at: number | Date,
  random: () => number,
): Id<Prefix> {
  let left = Number(at)
  let text = ''
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    text = CROCKFORD.charAt(left % 32) + text
    left = Math.floor(left / 32)
  }
  for (let i = 0; i < RANDOM_CHARACTERS; i++) text += CROCKFORD.charAt(Math.floor(random() * 32))
  return `${prefix}_${text}`
}

export function isId<Prefix extends string>(prefix: Prefix, text: string): text is Id<Prefix> {
  return text.startsWith(`${prefix}_`) && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text.slice(prefix.length + 1))
}
