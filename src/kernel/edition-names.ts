import type { Edition } from './schemas.ts'

const NAMES: Record<Edition, string> = {
  'open-source': 'Magento Open Source',
  commerce: 'Adobe Commerce',
  'commerce-cloud': 'Adobe Commerce Cloud',
}

/** The name of a Magento edition that people know. */
export const editionName = (edition: Edition): string => NAMES[edition]
