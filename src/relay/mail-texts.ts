import type { MailData, MailKind } from '#domain/mail'

/** What a mail says. Plain texts: the layout escapes them. */
export interface MailText {
  subject: string
  paragraphs: readonly string[]
  button?: { text: string; url: string }
  /** After the button. */
  closing?: string
}

interface Site {
  /** Origin of our pages. */
  origin: string
  /** The single-use link of this mail. Some kinds of mail have no link. */
  link: string
}

const NOT_YOU =
  'If it was not you, you need to do nothing: the address is used only when somebody opens the link.'
const SECURE = 'If it was not you, choose a new password at once, and sign out everywhere.'

/** The text of each kind of mail. */
export const MAIL_TEXTS: { [Kind in MailKind]: (data: MailData[Kind], site: Site) => MailText } = {
  sign_up: (_, { link }) => ({
    subject: 'Confirm your e-mail address',
    paragraphs: ['Somebody, hopefully you, wants to open an account at packagento with this address.'],
    button: { text: 'Confirm and choose a password', url: link },
    closing: `The link works once, for 24 hours. ${NOT_YOU}`,
  }),
  already_signed_up: (_, { origin, link }) => ({
    subject: 'You already have an account',
    paragraphs: [
      'Somebody, hopefully you, wanted to open an account at packagento with this address. It has one already.',
      `Sign in at ${origin}/sign-in. If you have forgotten the password, choose a new one:`,
    ],
    button: { text: 'Choose a new password', url: link },
    closing: 'The link works once, for 30 minutes. If it was not you, you need to do nothing.',
  }),
  password_reset: (_, { link }) => ({
    subject: 'Choose a new password',
    paragraphs: ['Somebody, hopefully you, asked for a new password of your packagento account.'],
    button: { text: 'Choose a new password', url: link },
    closing:
      'The link works once, for 30 minutes. If it was not you, you need to do nothing: your password stays.',
  }),
  no_account: (_, { link }) => ({
    subject: 'There is no account with this address',
    paragraphs: [
      'Somebody, hopefully you, asked for a new password at packagento. This address has no account.',
      'Perhaps you signed up with another address. Or open an account now:',
    ],
    button: { text: 'Open an account', url: link },
    closing: `The link works once, for 24 hours. ${NOT_YOU}`,
  }),
  email_change: (_, { link }) => ({
    subject: 'Confirm your new e-mail address',
    paragraphs: ['Somebody, hopefully you, wants to use this address for their packagento account.'],
    button: { text: 'Confirm the new address', url: link },
    closing: `The link works once, for 24 hours, while you stay signed in where you asked. ${NOT_YOU}`,
  }),
  email_change_asked: ({ newEmail, at }, site) => ({
    subject: 'Somebody asked to change your e-mail address',
    paragraphs: [
      `At ${at}, somebody, hopefully you, asked to change the address of your packagento account to ${newEmail}. It changes when the link in a mail to that address is opened.`,
      'If it was not you, sign out everywhere or choose a new password at once. Both end that link.',
    ],
    button: resetButton(site),
  }),
  email_taken: (_, { origin }) => ({
    subject: 'This address already has an account',
    paragraphs: [
      'Somebody, hopefully you, wanted to use this address for another packagento account. It has an account already, so nothing was changed.',
      `To use that account, sign in at ${origin}/sign-in.`,
    ],
  }),
  email_changed: ({ newEmail }, { origin }) => ({
    subject: 'Your e-mail address was changed',
    paragraphs: [
      `Your packagento account now uses the address ${newEmail}. This one no longer works for signing in.`,
      `If it was not you, write to us at once by ${origin}/, because this mail is the last one to this address.`,
    ],
  }),
  password_changed: ({ at }, site) => ({
    subject: 'Your password was changed',
    paragraphs: [
      `The password of your packagento account was changed at ${at}. All other sign-ins have ended.`,
      SECURE,
    ],
    button: resetButton(site),
  }),
  second_factor_added: ({ at }, site) => ({
    subject: 'Codes at sign-in are on',
    paragraphs: [`Since ${at}, a sign-in to your packagento account asks for a code of your app.`, SECURE],
    button: resetButton(site),
  }),
  second_factor_removed: ({ at }, site) => ({
    subject: 'Codes at sign-in are off',
    paragraphs: [`Since ${at}, a sign-in to your packagento account asks for the password only.`, SECURE],
    button: resetButton(site),
  }),
  second_factor_failing: ({ at }, site) => ({
    subject: 'Somebody entered your password and wrong codes',
    paragraphs: [
      `At ${at}, somebody signed in to your packagento account with the correct password, and then entered wrong codes.`,
      SECURE,
    ],
    button: resetButton(site),
  }),
  recovery_code_used: ({ at, left }, site) => ({
    subject: 'A recovery code was used',
    paragraphs: [
      `At ${at}, somebody signed in to your packagento account with a recovery code. You have ${left} left.`,
      SECURE,
    ],
    button: resetButton(site),
  }),
  org_invite: ({ org, slug, by, role, until }, { link }) => ({
    subject: `An invite to ${unlinked(org)} at packagento`,
    paragraphs: [
      `${unlinked(by)} invites you to ${unlinked(org)} (${slug}), an org at packagento, as ${role}.`,
      'packagento is a marketplace for Composer packages. The members of an org share its projects, licences and orders.',
    ],
    button: { text: 'See the invite', url: link },
    closing: `The link works once, until ${until}, and only for this address. If you do not expect it, you need to do nothing.`,
  }),
  org_transferred: ({ org, slug, by }, { origin }) => ({
    subject: `You own ${unlinked(org)} now`,
    paragraphs: [`${unlinked(by)} made you the owner of ${unlinked(org)} (${slug}) at packagento.`],
    button: { text: 'See the team', url: `${origin}/account/team` },
  }),
  org_deleted: ({ org, slug, at }) => ({
    subject: `${unlinked(org)} was deleted`,
    paragraphs: [
      `The org ${unlinked(org)} (${slug}) at packagento was deleted at ${at}. The keys of its projects do not work any more.`,
    ],
  }),
  git_consent_reminder: ({ host, org, url, until }) => ({
    subject: 'Your packages wait for an access to the Git host',
    paragraphs: [
      `You asked to publish repositories of ${host} for ${org}. We cannot read them until you allow it there.`,
    ],
    button: { text: 'Go to the Git host', url },
    closing: `It waits until ${until}. If you do not want it any more, you need to do nothing.`,
  }),
  tag_moved: ({ package: name, tag, from, to, others = 0 }, { origin }) => ({
    subject: others ? `${others + 1} tags of ${name} were moved` : `The tag ${tag} of ${name} was moved`,
    paragraphs: [
      `The tag ${tag} named the commit ${from}, and now names ${to}. The version stays as it was published: a version that was sold never changes.`,
      ...(others ? [`The same is true of ${others} more tags.`] : []),
      'To publish the change, tag a new version. If none of you moved the tag, check who can push to the repository.',
    ],
    button: { text: 'Go to packagento', url: `${origin}/account` },
  }),
  dependency_missing: ({ package: name, name: missing, more = [], others = 0 }, { origin }) => ({
    subject: more.length
      ? `${more.length + others + 1} required packages are not published`
      : `${missing} is required, but not published`,
    paragraphs: [
      `Your package ${name} requires ${missing}, and packagento has no version of it that its buyers can install. Unless another repository serves it to them, they cannot install ${name}.`,
      ...(more.length
        ? [
            `The same is true of ${more.map((each) => `${each.name}, which ${each.package} requires`).join('; ')}${others ? `; and of ${others} more names` : ''}.`,
            'Publish what is missing, or tag versions that do not require it. This is the only mail about these names.',
          ]
        : [
            `Publish ${missing}, or tag a version of ${name} that does not require it. This is the only mail about ${missing}.`,
          ]),
    ],
    button: { text: 'See your packages', url: `${origin}/account/vendor/packages` },
  }),
  vendor_approved: ({ slug, org }, { origin }) => ({
    subject: `${slug} is approved as a vendor`,
    paragraphs: [
      `The operator of this market approved the application of ${org}. You can publish packages whose names begin with ${slug}/ now.`,
      'Paid packages cannot be sold yet, because payouts are not set up.',
    ],
    button: { text: 'Go to your vendors', url: `${origin}/account/vendor` },
  }),
  vendor_declined: ({ slug, org, reason }, { origin }) => ({
    subject: `${slug} is not approved as a vendor`,
    paragraphs: [
      `The operator of this market declined the application of ${org} for ${slug}. The reason: ${reason}`,
      'Nothing was published, and you can apply again.',
    ],
    button: { text: 'Go to your vendors', url: `${origin}/account/vendor` },
  }),
  project_shared: ({ org, project, role, by }, { link }) => ({
    subject: `${unlinked(org)} shares the project “${unlinked(project)}” with you`,
    paragraphs: [
      `${unlinked(by)} of ${unlinked(org)} shares the project “${unlinked(project)}” with you at packagento, as a ${role}.`,
      role === 'developer'
        ? 'You will see its licences and installs, and can make the keys with which Composer installs its packages.'
        : 'You will see its licences and installs.',
    ],
    button: { text: 'See the invitation', url: link },
    closing:
      'The link works once, for 7 days, and only for an account with this address. If you do not know the sender, you need to do nothing.',
  }),
  receipt: ({ number, order, org, total }, { origin }) => ({
    subject: `Receipt for ${total}: invoice ${number}`,
    paragraphs: [
      `${unlinked(org)} has paid ${total} at packagento. The order ${order} is complete, and its invoice has the number ${number}.`,
      'The page of the order has the invoice as PDF, what was bought, and the licences. It asks you to sign in as a member of the org.',
    ],
    button: { text: 'See the order and its invoice', url: `${origin}/account/orders/${order}` },
  }),
  receipts_go_elsewhere: ({ org, email, client }, { origin }) => ({
    subject: `Receipts of ${org} go to another address`,
    paragraphs: [
      `The assistant “${unlinked(client)}” changed the billing details of ${unlinked(org)} at packagento. From now on receipts go to ${email || 'whoever buys'}.`,
      'If no owner or admin wanted this, correct the address and disconnect the assistant.',
    ],
    button: { text: 'See the billing details', url: `${origin}/account/billing` },
  }),
  new_connection: ({ clientName, clientHost, org, scopes, at }, { origin }) => ({
    subject: 'An application was connected to your account',
    paragraphs: [
      `Since ${at}, “${clientName}” (${clientHost ?? 'an unverified name'}) can act for you in ${org}: ${scopes.join(', ')}.`,
      'If it was not you, disconnect it and choose a new password.',
    ],
    button: { text: 'See connected applications', url: `${origin}/account/integrations` },
  }),
}

/** A name that no mail program turns into a link: somebody could invite strangers to an org that is called like a site. */
const unlinked = (name: string): string => name.replaceAll(/[.:/@\\]+(?=\S)/g, ' ')

const resetButton = ({ origin }: Site) => ({
  text: 'Choose a new password',
  url: `${origin}/reset-password`,
})
