import type { Edition } from '#kernel/schemas'

/** Packages that only one edition has. The first that a project names decides: Commerce also has those of Open Source. */
const SIGNS: ReadonlyArray<readonly [name: string, edition: Edition]> = [
  ['magento/magento-cloud-metapackage', 'commerce-cloud'],
  ['magento/ece-tools', 'commerce-cloud'],
  ['magento/product-enterprise-edition', 'commerce'],
  ['magento/extension-b2b', 'commerce'],
  ['magento/product-community-edition', 'open-source'],
  ['mage-os/product-community-edition', 'open-source'],
  ['magento/magento2-base', 'open-source'],
]

/** The edition of Magento whose packages a project names. */
export const editionIn = (names: ReadonlySet<string>): Edition | undefined =>
  SIGNS.find(([name]) => names.has(name))?.[1]
