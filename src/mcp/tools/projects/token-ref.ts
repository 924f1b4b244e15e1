import { z } from 'zod'

export const tokenRef = z.string().min(1).max(64).describe('Id or public key of a project token')
