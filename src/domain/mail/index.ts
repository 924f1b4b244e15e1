export type { MailData, MailKind } from './kinds.ts'
export { hashOfMailToken, newMailToken, sealForMail } from './mail-token.ts'
export {
  deleteOldMails,
  type DueMail,
  giveUpMail,
  NOT_SENT_IN_TIME,
  leaseMails,
  mailIsSent,
  mailSecretAbout,
  postponeMail,
  queueMail,
  type SealedLink,
} from './mail-store.ts'
