import { z } from 'zod'

export const licenceRef = z.string().min(1).max(64).describe('Id of a licence')
