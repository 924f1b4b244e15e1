import { z } from 'zod'
import { orgArgument } from '#kernel/schemas'
import publishPackage from '../tools/publishing/publish-package.ts'
import { definePrompt } from './prompt.ts'

export default definePrompt({
  name: 'publish_repository',
  title: 'Publish a repository',
  description:
    'Publishes the Composer package of a Git repository, and says what is still missing to sell it.',
  tool: publishPackage,
  input: z.strictObject({
    repository: z
      .string()
      .max(500)
      .regex(/^\S+$/, 'an https or git@host:path URL')
      .describe('https or git@host:path URL'),
    org: orgArgument,
  }),

  text: ({ repository }, org) => `
Publish the Composer package of this Git repository: ${repository}
My org is ${org}: pass org: "${org}" in every call.

1. Call list_vendors. Without an approved vendor, stop and tell me that bootstrap_vendor makes one. With several, ask me which one.
2. Call publish_package with dry_run: true and an idempotency_key of its own. Show me the package, the versions that its tags become, and each tag that would be skipped with the reason.
3. Ask me whether to publish, and wait for a clear yes: a published version never changes.
4. After my yes, call publish_package with a new idempotency_key. Use the same key for every retry.
5. On waiting_for_you, show me the URL and what it is for, then call get_operation. It goes on by itself when I have allowed the access.
6. At the end, call list_version_checks and list_missing_dependencies for the package, and tell me what each finding means for a buyer.
7. A published package has no price yet. Ask me for its price for each Magento edition, and call update_package only with what I say. Without that tool, tell me who may set prices: an owner or an admin of the org.`,
})
