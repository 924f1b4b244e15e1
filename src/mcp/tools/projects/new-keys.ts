import { z } from 'zod'
import { authJson, composerRepository, pickup } from '#kernel/schemas'

/** Output fields of every tool that creates keys for a project. */
export const newKeys = {
  auth_json: authJson.optional().describe('Put it beside composer.json; shown for a short time'),
  pickup: pickup.optional().describe('Instead of auth_json'),
  repository: composerRepository,
  composer_commands: z.array(z.string()),
  replayed: z.boolean().optional(),
  next_step: z.string().optional(),
}
