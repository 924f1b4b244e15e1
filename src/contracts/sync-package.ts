import { z } from 'zod'
import { packageName } from '#kernel/schemas'
import { defineContract, type Known } from '#kernel/contract'
import { operationRun } from './ids.ts'

/** What became of the tags of a repository. Long lists are cut: `more_…` counts the rest. */
export const tagsOfRepository = z.looseObject({
  versions: z
    .array(
      z.looseObject({
        version: z.string(),
        warnings: z.int().optional().describe('Checks that warn or fail; see list_version_checks'),
      }),
    )
    .optional(),
  more_versions: z.int().optional(),
  skipped: z.array(z.looseObject({ tag: z.string(), reason: z.string(), message: z.string() })).optional(),
  more_skipped: z.int().optional(),
  error: z
    .looseObject({ code: z.string(), message: z.string(), next_step: z.string().optional() })
    .optional(),
})

export type TagsOfRepository = Known<z.input<typeof tagsOfRepository>>

const STORY = 'sync_package'

export const syncPackage = defineContract({
  story: STORY,
  workflowType: 'syncPackage',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({ package: packageName }),
  output: z.looseObject({ package_id: z.string(), package: z.string(), ...tagsOfRepository.shape }),
  canonicalInput: (input) => input,
})

export type SyncedPackage = Known<z.input<typeof syncPackage.output>>
