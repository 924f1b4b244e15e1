import { missingBillingDetails } from '#domain/billing'
import { may, type OrgAccess } from '#domain/orgs'
import type { Db } from '#platform/database'
import { linkButton } from '../components/button.ts'
import { notice } from '../components/notice.ts'
import type { Html } from '../html.ts'
import { BILLING } from './visit.ts'

/** Whether nobody has said yet to whom the invoices of the org are made out, and the visitor may say so. */
export const lacksBillingDetails = async (db: Db, org: OrgAccess): Promise<boolean> =>
  may(org.role, 'manage_billing_details') && (await missingBillingDetails(db, org.id)).length > 0

/** Asks for the billing details before something is bought, and leads back to `back`. A purchase works without them. */
export const billingNotice = ({ slug, name }: OrgAccess, back: string): Html =>
  notice({
    tone: 'info',
    title: 'To whom is the invoice made out?',
    text: `Without billing details it has only the name ${name}, and an invoice is not changed later.`,
    action: linkButton(
      `${BILLING}?${new URLSearchParams({ org: slug, continue: back }).toString()}`,
      'Add billing details',
      { kind: 'quiet', isSmall: true },
    ),
  })
