import { COMMERCE, DEVELOPMENT, INVENTORY, LIBRARIES, OPEN_SOURCE, RECAPTCHA } from './names.ts'

export interface ComposerShop {
  composer_json: Record<string, unknown>
  composer_lock?: Record<string, unknown>
  installed?: string
}

interface Entry {
  version: string
  type?: string
  isLocal?: boolean
  require?: Record<string, string>
  replace?: Record<string, string>
}

type Entries = Record<string, Entry | string>

const MAGENTO = [...OPEN_SOURCE, ...INVENTORY, ...RECAPTCHA]

/** A version of its own for each name, the same in each run. */
const versionOf = (name: string): string => {
  const sum = name.split('').reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 9973, 7)
  return `${name.startsWith('magento/module-') ? 100 : 1 + (sum % 8)}.${sum % 13}.${sum % 29}`
}

const versionsOf = (names: readonly string[], suffix = ''): Entries =>
  Object.fromEntries(names.map((name) => [name, `${versionOf(name)}${suffix}`]))

/** An entry as Composer writes it, without the texts that nobody needs here. */
function entryOf([name, given]: [string, Entry | string]) {
  const {
    version,
    type = 'library',
    isLocal,
    require = {},
    replace,
  } = typeof given === 'string' ? ({ version: given } as Entry) : given
  return {
    name,
    version,
    dist: isLocal
      ? { type: 'path', url: `packages/${name.split('/')[1]}`, reference: 'f'.repeat(40) }
      : {
          type: 'zip',
          url: `https://repo.example/${name}/${version}.zip`,
          reference: '0'.repeat(40),
          shasum: '',
        },
    require: { php: '~8.2.0||~8.3.0', ...require },
    ...(replace && { replace }),
    type: name.startsWith('magento/module-') ? 'magento2-module' : type,
    license: ['OSL-3.0'],
    time: '2026-10-08T12:00:00+00:00',
  }
}

const lockOf = (packages: Entries, dev: Entries = {}) => ({
  _readme: ['This file locks the dependencies of your project to a known state'],
  'content-hash': '5d41402abc4b2a76b9719d911017c592',
  packages: Object.entries(packages).map(entryOf),
  'packages-dev': Object.entries(dev).map(entryOf),
  aliases: [],
  'minimum-stability': 'stable',
  'stability-flags': {},
  'prefer-stable': true,
  platform: {},
  'plugin-api-version': '2.6.0',
})

const root = (require: Record<string, string>, more: object = {}) => ({
  name: 'magento/project-community-edition',
  description: 'eCommerce Platform for Growth (Community Edition)',
  type: 'project',
  require: { php: '~8.2.0||~8.3.0', 'ext-intl': '*', ...require },
  config: { 'allow-plugins': { 'magento/*': true }, 'sort-packages': true },
  autoload: { 'psr-4': { 'Magento\\Setup\\': 'setup/src/Magento/Setup/' } },
  'minimum-stability': 'stable',
  'prefer-stable': true,
  repositories: [{ type: 'composer', url: 'https://repo.example/' }],
  scripts: { 'post-install-cmd': 'touch /tmp/a-script-of-a-stranger-ran' },
  extra: { 'magento-force': 'override' },
  ...more,
})

/** Open Source 2.4 with two modules of the demo market. */
export const plainShop = (): ComposerShop => ({
  composer_json: root({
    'magento/product-community-edition': '2.4.7-p3',
    'northwind/module-search': '^1.0',
    'northwind/module-stock': '^1.1',
  }),
  composer_lock: lockOf({
    'magento/product-community-edition': '2.4.7-p3',
    ...versionsOf([...MAGENTO, ...LIBRARIES]),
    'northwind/module-core': '1.1.0',
    'northwind/module-search': 'v1.1.0',
    'northwind/module-stock': 'v1.2.0',
  }),
})

/** An agency's repository: its modules are folders, and so is its fork of a theme. */
export const agencyMonorepo = (): ComposerShop => {
  const own = 'abcdefghijklmnopqrst'.split('').map((letter) => `agency/module-${letter}`)
  const local = (version: string): Entry => ({ version, type: 'magento2-module', isLocal: true })
  return {
    composer_json: root(
      {
        'magento/product-community-edition': '2.4.6',
        ...Object.fromEntries(own.map((name) => [name, '*@dev'])),
        'northwind/theme-plain': '*@dev',
        'northwind/module-search': '^1.0.1',
        'fabrikam/module-labels': '1.1.*',
      },
      {
        name: 'agency/shops',
        'minimum-stability': 'dev',
        repositories: {
          packages: { type: 'path', url: 'packages/*' },
          magento: { type: 'composer', url: 'https://repo.example/' },
        },
      },
    ),
    composer_lock: lockOf(
      {
        'magento/product-community-edition': '2.4.6',
        ...versionsOf([...MAGENTO, ...LIBRARIES]),
        ...Object.fromEntries(own.map((name) => [name, local('dev-main')])),
        'northwind/theme-plain': local('dev-main'),
        'northwind/module-search': 'v1.0.1',
        'fabrikam/module-labels': '1.1.0',
      },
      versionsOf(DEVELOPMENT.slice(0, 30)),
    ),
  }
}

/** Adobe Commerce in the cloud, for business customers. */
export const commerceCloud = (): ComposerShop => ({
  composer_json: root(
    {
      'magento/magento-cloud-metapackage': '>=2.4.7 <2.4.8',
      'magento/ece-tools': '^2002.1.0',
      'magento/extension-b2b': '^1.4',
      'northwind/module-search': '^1.0',
      'northwind/module-hello': '^1.0',
    },
    { name: 'magento/project-enterprise-edition' },
  ),
  composer_lock: lockOf({
    'magento/magento-cloud-metapackage': '2.4.7',
    'magento/product-enterprise-edition': '2.4.7',
    'magento/product-community-edition': '2.4.7',
    'magento/extension-b2b': '1.4.2',
    'magento/ece-tools': '2002.1.19',
    ...versionsOf([...MAGENTO, ...COMMERCE, ...LIBRARIES]),
    'northwind/module-search': 'v1.1.0',
    'northwind/module-hello': 'v1.0.1',
  }),
})

/** Open Source 2.3, years behind, with modules that others replace. */
export const oldShop = (): ComposerShop => ({
  composer_json: root(
    {
      'magento/product-community-edition': '2.3.7-p4',
      'acme/search-fork': '^3.0',
      'northwind/module-search': '*',
      'northwind/module-stock': '~1.0.0',
    },
    {
      replace: Object.fromEntries(INVENTORY.map((name) => [name, '*'])),
      'minimum-stability': 'beta',
    },
  ),
  composer_lock: lockOf({
    'magento/product-community-edition': '2.3.7-p4',
    ...versionsOf([...OPEN_SOURCE, ...LIBRARIES]),
    'acme/search-fork': {
      version: '3.2.1',
      type: 'magento2-module',
      replace: { 'northwind/module-search': '*' },
    },
    'northwind/module-core': 'v1.1.0',
    'northwind/module-stock': 'v1.0.0',
  }),
})

/** A headless shop whose composer.json asks for what does not fit together. It has a reduced lock, as lines. */
export const headlessShop = (): ComposerShop => ({
  composer_json: root(
    {
      'magento/product-community-edition': '2.4.8',
      'northwind/suite': '^1.1',
      'northwind/module-search': '^2.0@beta',
      'northwind/module-serach': '^1.0',
      'northwind/module-hello': '^1.0',
      'fabrikam/module-labels': '^9.0',
    },
    {
      'require-dev': {
        ...Object.fromEntries(DEVELOPMENT.map((name) => [name, '*'])),
        'fabrikam/module-broken': '^1.0',
      },
    },
  ),
  installed: [
    'magento/product-community-edition 2.4.8',
    ...Object.entries(versionsOf([...OPEN_SOURCE, ...RECAPTCHA, ...LIBRARIES, ...DEVELOPMENT])).map(
      ([name, version]) => `${name} ${version as string} A text that does not count`,
    ),
  ].join('\n'),
})

/** A reduced lock: what `composer show --locked | awk '{print $1,$2}'` prints. */
export const linesOf = ({ composer_lock: lock }: ComposerShop): string =>
  ((lock?.['packages'] ?? []) as { name: string; version: string }[])
    .map(({ name, version }) => `${name} ${version}`)
    .join('\n')
