import { z } from 'zod'
import { authJson, composerRepository } from '#kernel/schemas'

/** What every tool returns that gives a project new keys. */
export const newKeys = {
  auth_json: authJson.optional().describe('Put it beside composer.json; shown for a short time'),
  repository: composerRepository,
  composer_commands: z.array(z.string()),
  replayed: z.boolean().optional(),
  next_step: z.string().optional(),
}
