import { LICENCE_TEXT } from './licence-text.ts'

export type Files = Record<string, string>

/**
 * What a composer.json says about Magento. The packages conflict with what they do not work with and require nothing of
 * Magento, so that Composer installs them in an empty folder, too.
 */
export interface OnMagento {
  /** Constraint of magento/framework. */
  conflict: string
  testedWith?: string[]
}

const aboutMagento = ({ conflict, testedWith }: OnMagento) => ({
  conflict: { 'magento/framework': conflict },
  ...(testedWith && { extra: { packagento: { 'tested-with': testedWith } } }),
})

export interface ModuleOptions {
  /** Composer name. */
  name: string
  /** Magento's name of the module, such as `Northwind_Search`. */
  module: string
  description: string
  require?: Record<string, string>
  magento?: OnMagento
  /** More files by path, PHP or other. */
  files?: Files
  /** Newest first. */
  changes: ReadonlyArray<readonly [version: string, change: string]>
  /** Where the vendor gives help. */
  support?: Record<string, string>
  /** A wrong name for etc/module.xml. Default: the name of the module. */
  declaredAs?: string
}

/** The files of an installable Magento 2 module: https://developer.adobe.com/commerce/php/development/build/component-file-structure/ */
export function magentoModule(options: ModuleOptions): Files {
  const { name, module, description, changes, files = {}, require = {}, magento, support } = options
  const namespace = module.replace('_', '\\')
  return {
    'composer.json': json({
      name,
      description,
      type: 'magento2-module',
      license: ['proprietary'],
      ...(support && { support }),
      require: { php: '>=8.1', ...require },
      ...(magento && aboutMagento(magento)),
      autoload: { files: ['registration.php'], 'psr-4': { [`${namespace}\\`]: '' } },
    }),
    'registration.php': registration('MODULE', module),
    'etc/module.xml': `<?xml version="1.0"?>
<config xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xsi:noNamespaceSchemaLocation="urn:magento:framework:Module/etc/module.xsd">
    <module name="${options.declaredAs ?? module}"/>
</config>
`,
    ...papers(name, description, changes),
    ...files,
  }
}

export interface ThemeOptions {
  name: string
  /** Such as `frontend/Northwind/plain`. */
  theme: string
  title: string
  description: string
  changes: ModuleOptions['changes']
  magento: OnMagento
  files?: Files
}

export function magentoTheme(options: ThemeOptions): Files {
  const { name, theme, title, description, changes, magento, files = {} } = options
  return {
    'composer.json': json({
      name,
      description,
      type: 'magento2-theme',
      license: ['proprietary'],
      require: { php: '>=8.1' },
      ...aboutMagento(magento),
      autoload: { files: ['registration.php'] },
    }),
    'registration.php': registration('THEME', theme),
    'theme.xml': `<?xml version="1.0"?>
<theme xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:noNamespaceSchemaLocation="urn:magento:framework:Config/etc/theme.xsd">
    <title>${title}</title>
</theme>
`,
    ...papers(name, description, changes),
    ...files,
  }
}

export interface LibraryOptions {
  name: string
  description: string
  namespace: string
  changes: ModuleOptions['changes']
  files: Files
}

export function library({ name, description, namespace, changes, files }: LibraryOptions): Files {
  return {
    'composer.json': json({
      name,
      description,
      type: 'library',
      license: ['proprietary'],
      require: { php: '>=8.1' },
      autoload: { 'psr-4': { [`${namespace}\\`]: 'src/' } },
    }),
    ...papers(name, description, changes),
    ...files,
  }
}

export interface MetapackageOptions {
  name: string
  description: string
  require: Record<string, string>
}

/** A package that has requirements and no other files: https://getcomposer.org/doc/04-schema.md#type */
export const metapackage = ({ name, description, require }: MetapackageOptions): Files => ({
  'composer.json': json({ name, description, type: 'metapackage', license: ['proprietary'], require }),
})

/** A PHP class in a file of its own. */
export const phpClass = (namespace: string, body: string) => `<?php
declare(strict_types=1);

namespace ${namespace};

${body.trim()}
`

const registration = (type: 'MODULE' | 'THEME', name: string) => `<?php
use Magento\\Framework\\Component\\ComponentRegistrar;

// outside Magento there is nothing to register with
if (class_exists(ComponentRegistrar::class)) {
    ComponentRegistrar::register(ComponentRegistrar::${type}, '${name}', __DIR__);
}
`

const papers = (name: string, description: string, changes: ModuleOptions['changes']): Files => ({
  'README.md': `# ${name}\n\n${description}\n\n## Install\n\n    composer require ${name}\n`,
  'CHANGELOG.md': `# Changes\n\n${changes.map(([version, change]) => `## ${version}\n\n- ${change}\n`).join('\n')}`,
  'LICENSE.txt': LICENCE_TEXT,
})

const json = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`
