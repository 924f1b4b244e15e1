import type { Edition } from '../../../src/kernel/schemas.ts'
import type { Files } from './magento.ts'

export interface DemoVersion {
  tag: string
  /** ISO, UTC. */
  releasedAt: string
  files: Files
}

export interface DemoPackage {
  name: string
  /** Slug. */
  vendor: string
  type: string
  hidden?: boolean
  title: string
  summary: string
  prices: Array<{
    edition: Edition
    model: 'free' | 'one_time' | 'yearly'
    amountMinor: number
    currency: string
  }>
  /** Oldest first. */
  versions: DemoVersion[]
}
