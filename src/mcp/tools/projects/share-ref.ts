import { z } from 'zod'

export const shareRef = z.string().min(1).max(64).describe('Id of a share')
export const guestRole = z.enum(['developer', 'viewer'])
