import { z } from 'zod'
import { authJson, composerRepository, pickup } from '#kernel/schemas'
import { briefly } from '../../call/shape.ts'

/** Output fields of every tool that creates keys for a project. */
export const newKeys = {
  auth_json: briefly(authJson.optional(), 'Put it beside composer.json; shown for a short time'),
  pickup: briefly(pickup.optional(), 'Instead of auth_json'),
  repository: briefly(composerRepository),
  composer_commands: z.array(z.string()),
  replayed: z.boolean().optional(),
  next_step: z.string().optional(),
}
