import { z } from 'zod'
import { defineContract, type Known } from '#kernel/contract'
import { operationRun } from './ids.ts'

const connectedAccount = z.looseObject({ id: z.string(), host: z.string(), account: z.string() })

export type ConnectedAccount = Known<z.input<typeof connectedAccount>>

const STORY = 'start_git_integration'

export const startGitIntegration = defineContract({
  story: STORY,
  workflowType: 'startGitIntegration',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({
    host: z
      .string()
      .min(1)
      .max(260)
      .describe('Such as github.com; the refusal of a wrong host lists the known hosts'),
  }),
  output: z.looseObject({ integrations: z.array(connectedAccount) }),
  canonicalInput: ({ host }) => ({ host: host.toLowerCase() }),
})
