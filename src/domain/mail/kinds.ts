/**
 * The facts of each kind of mail. They contain no secret: the token of a link is stored encrypted in another column.
 * Text from others, such as a client's name, is escaped when the mail is written.
 */
export interface MailData {
  /** To an address that asked to sign up and has no account. Has a link. */
  sign_up: Record<never, never>
  /** To an address that asked to sign up and already has an account. Has a link to choose a new password. */
  already_signed_up: Record<never, never>
  /** To an address that asked for a new password. Has a link. */
  password_reset: Record<never, never>
  /** To an address that asked for a new password and has no account. Has a link to sign up. */
  no_account: Record<never, never>
  /** To a new address of an account. Has a link that confirms it. */
  email_change: Record<never, never>
  /** To the old address, as soon as somebody asked for another one. */
  email_change_asked: { newEmail: string; at: string }
  /** To an address that was entered as the new address of one account and already belongs to another account. */
  email_taken: Record<never, never>
  /** To the old address after a change. */
  email_changed: { newEmail: string }
  password_changed: { at: string }
  second_factor_added: { at: string }
  second_factor_removed: { at: string }
  /** Somebody knew the password and entered wrong codes. */
  second_factor_failing: { at: string }
  recovery_code_used: { at: string; left: number }
  /** An offer to join an org, to the only address that may use it. Has a link. `by`: the name of who sent it. */
  org_invite: { org: string; slug: string; by: string; role: string; until: string }
  /** To the new owner of an org. `by`: the name of the owner before. */
  org_transferred: { org: string; slug: string; by: string }
  /** To each owner of a deleted org. */
  org_deleted: { org: string; slug: string; at: string }
  /** A publication has waited for a consent at a Git host for a day. `url`: our page, only for the person who asked. */
  git_consent_reminder: { host: string; org: string; url: string; until: string }
  /** A tag of a stored version names another commit. To the owners and admins of the vendor's org. */
  tag_moved: { package: string; tag: string; from: string; to: string; others?: number }
  /**
   * A package requires a name that nobody serves, and `more` and `others` are further ones. To the owners and admins of
   * the vendor's org.
   */
  dependency_missing: {
    package: string
    name: string
    more?: { package: string; name: string }[]
    others?: number
  }
  /** The operator accepted an application as a vendor. */
  vendor_approved: { slug: string; org: string }
  /** `reason`: from the operator. */
  vendor_declined: { slug: string; org: string; reason: string }
  /** To an address with which an org shares a project. Has a link. `by`: the name of the person who shared it. */
  project_shared: { org: string; project: string; role: string; by: string }
  /** An order is closed and has an invoice. To the address for invoices, or to the buyer. `total`: with its currency. */
  receipt: { number: string; order: string; org: string; total: string }
  /**
   * An assistant changed where receipts of an org are sent. To its owners and admins. `email`: empty when each buyer gets
   * them. `client`: the name of the assistant.
   */
  receipts_go_elsewhere: { org: string; email: string; client: string }
  /** An application was connected to the account. `clientHost`: verified host, absent when it is not verified. */
  new_connection: { clientName: string; clientHost?: string; org: string; scopes: string[]; at: string }
}

export type MailKind = keyof MailData
