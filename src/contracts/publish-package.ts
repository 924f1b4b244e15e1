import { z } from 'zod'
import { defineContract, type Known } from '#kernel/contract'
import { operationRun } from './ids.ts'
import { tagsOfRepository } from './sync-package.ts'

const publication = z.looseObject({
  repository: z.string(),
  outcome: z.enum(['published', 'already_published', 'would_be_published', 'refused']),
  package_id: z.string().optional(),
  package: z.string().optional(),
  ...tagsOfRepository.shape,
  hook: z
    .enum(['installed', 'missing_permission'])
    .optional()
    .describe('missing_permission: tags are found every 15 min; hook_page says how to add it'),
  hook_page: z.string().optional(),
})

/** What became of one repository, without schema extras. */
export type Publication = Known<z.input<typeof publication>>

const STORY = 'publish_package'

export const publishPackage = defineContract({
  story: STORY,
  workflowType: 'publishPackage',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({
    repositories: z.array(z.string().min(1).max(500)).min(1).max(20).describe('https or git@host:path URLs'),
    vendor: z.string().max(100).optional().describe('Slug; needed when the org has several'),
    dry_run: z.boolean().optional().describe('Only says what would be published; needs a key of its own'),
  }),
  output: z.looseObject({ repositories: z.array(publication) }),
  canonicalInput: ({ repositories, vendor, dry_run }) => ({
    repositories,
    vendor,
    dry_run: dry_run ?? false,
  }),
})
