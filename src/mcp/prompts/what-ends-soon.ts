import { z } from 'zod'
import { orgArgument } from '#kernel/schemas'
import listLicences from '../tools/licensing/list-licences.ts'
import { definePrompt } from './prompt.ts'

export default definePrompt({
  name: 'what_ends_soon',
  title: 'What ends soon',
  description:
    'Lists the licences that end soon or have ended, what waits for you, and what a renewal costs.',
  tool: listLicences,
  input: z.strictObject({ org: orgArgument }),

  text: (_, org) => `
Tell me what ends soon in my org ${org}: pass org: "${org}" in every call. Buy nothing and change nothing.

1. Call list_licences for all licences, page by page. Those with valid_until end then: after it, the versions released before stay, and newer ones do not come.
2. Call list_licences with only: "ended" for those that are over.
3. Call list_operations with status: "waiting_for_you" for what waits for me.
4. Show me one table: package, projects, end, days left. First what has ended, then what ends within 60 days, the soonest first. Say in one line how many end later.
5. For what may be renewed (in its last 60 days or later), offer to show the price: purchase_and_install_package with renew: true and dry_run: true buys nothing. If you have no such tool, tell me who in the org may buy: an owner, an admin or a billing member.
6. Renew only after my clear yes to the package and its price.`,
})
