import { type Check, checkOf, type Finding, type Inspected, listOf, textOf } from './check.ts'

interface Autoload {
  'psr-4'?: Record<string, string | string[]>
  'psr-0'?: Record<string, string | string[]>
  classmap?: string[]
  files?: string[]
}

/** Whether the paths of `autoload` are in the zip. https://getcomposer.org/doc/04-schema.md#autoload */
export function checkAutoload(inspected: Inspected): Check {
  const { manifest, files } = inspected
  if (manifest['type'] === 'metapackage')
    return { name: 'autoload', status: 'skipped', message: 'A metapackage has no files.' }
  const wanted = pathsOf(autoloadOf(inspected))
  if (!wanted.length)
    return {
      name: 'autoload',
      status: 'warn',
      message: 'The composer.json does not say how to load its classes.',
    }
  const missing = wanted.filter((path) => !isThere(path, files))
  const found: Finding[] = missing.length
    ? [{ status: 'fail', message: `The paths of autoload are not in the zip: ${listOf(missing)}.` }]
    : []
  return checkOf('autoload', found, 'Every path of autoload is in the zip.')
}

function autoloadOf({ manifest }: Inspected): Autoload {
  const { autoload } = manifest
  return typeof autoload === 'object' && autoload !== null ? autoload : {}
}

function pathsOf(autoload: Autoload): string[] {
  const byNamespace = [autoload['psr-4'], autoload['psr-0']].flatMap((map) => Object.values(map ?? {}).flat())
  const listed = [autoload.classmap, autoload.files].flatMap((list) => (Array.isArray(list) ? list : []))
  return [...byNamespace, ...listed].filter((path) => typeof path === 'string')
}

function isThere(path: string, files: Inspected['files']): boolean {
  // Composer understands * in a classmap
  const folder = (path.split('*')[0] ?? '').replace(/^(\.\/)+/, '').replace(/(\/\.)?\/*$/, '')
  if (folder === '' || folder === '.') return files.length > 0
  return files.some((file) => file.path === folder || file.path.startsWith(`${folder}/`))
}

/** What Magento needs to find a module. https://developer.adobe.com/commerce/php/development/build/component-registration */
export function checkModule(inspected: Inspected): Check {
  if (inspected.manifest['type'] !== 'magento2-module')
    return { name: 'module', status: 'skipped', message: 'It is not a Magento module.' }
  const listed = pathsOf({ files: autoloadOf(inspected).files ?? [] })
  const registration = listed.find((path) => /(^|\/)registration\.php$/.test(path))
  if (registration === undefined)
    return {
      name: 'module',
      status: 'fail',
      message: 'autoload does not list the registration.php under files.',
    }
  return checkOf('module', faultsOf(inspected, registration), 'Magento can register the module.')
}

function faultsOf({ files }: Inspected, registration: string): Finding[] {
  const find = (path: string) => files.find((file) => file.path === path)
  const folder = registration.slice(0, -'registration.php'.length)
  const [php, xml] = [find(registration), find(`${folder}etc/module.xml`)]
  const missing = [!php && registration, !xml && `${folder}etc/module.xml`].filter((path) => path !== false)
  if (!php || !xml) return [{ status: 'fail', message: `It has no ${listOf(missing)}.` }]
  const registered = /\bMODULE\s*,\s*['"](\w{1,100})['"]/.exec(textOf(php))?.[1]
  const named = /<module\s[^>]{0,300}?\bname\s*=\s*["'](\w{1,100})["']/.exec(textOf(xml))?.[1]
  if (!registered) return [{ status: 'fail', message: `${registration} registers no module.` }]
  if (!named) return [{ status: 'fail', message: `${folder}etc/module.xml names no module.` }]
  if (registered !== named)
    return [{ status: 'fail', message: `It registers ${registered}, but etc/module.xml names ${named}.` }]
  return []
}
