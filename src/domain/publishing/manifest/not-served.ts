// Fields that we do not pass on. Composer's loader refuses some values nevertheless.
import { normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { textFault } from './texts.ts'
import { isFilled, isGiven, isPhpArray, isText, type PhpArray } from './values.ts'

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/
const TIME = /^([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]\d\d:?\d\d)?)?$/

export function notServedFaults(manifest: Manifest): Fault[] {
  return [
    ...['target-dir', 'installation-source'].flatMap((field) => textFault(manifest, field)),
    ...['scripts', 'transport-options', 'autoload-dev'].flatMap((field) => arrayFault(manifest, field)),
    ...timeFaults(manifest),
    ...stabilityFaults(manifest),
    ...targetDirFaults(manifest),
    ...platformFaults(manifest),
    ...archiveFaults(manifest),
    ...extensionFaults(manifest),
    ...originFaults('source', manifest['source']),
    ...originFaults('dist', manifest['dist']),
  ]
}

function arrayFault(manifest: Manifest, field: string): Fault[] {
  const value = manifest[field]
  return !isGiven(value) || isPhpArray(value) ? [] : [refused([field], value, 'an object')]
}

function timeFaults({ time }: Manifest): Fault[] {
  if (!isGiven(time)) return []
  const isMoment = isText(time) && (time.trim() === '' || (DAY.test(time) && TIME.test(time.slice(10))))
  return isMoment ? [] : [refused(['time'], time, 'a moment, such as 2026-11-30 12:00:00')]
}

function stabilityFaults({ 'minimum-stability': stability }: Manifest): Fault[] {
  if (!isGiven(stability)) return []
  return stability === 'RC' || (isText(stability) && /^([ \t\r\n]*|stable|beta|alpha|dev)$/i.test(stability))
    ? []
    : [refused(['minimum-stability'], stability, 'stable, RC, beta, alpha or dev')]
}

function targetDirFaults({ 'target-dir': target, autoload }: Manifest): Fault[] {
  const isUsed = isText(target) && target.trim() !== '' && isPhpArray(autoload) && isGiven(autoload['psr-4'])
  return isUsed ? [refused(['target-dir'], target, 'left out when autoload has psr-4')] : []
}

function platformFaults({ config }: Manifest): Fault[] {
  const platform = isPhpArray(config) ? config['platform'] : undefined
  if (!isGiven(platform)) return []
  return Object.entries(isPhpArray(platform) ? platform : [platform])
    .filter(([, version]) => version !== false && !isVersion(version))
    .map(([name, version]) => refused(['config', 'platform', name], version, 'a version, or false'))
}

const isVersion = (value: unknown) => isText(value) && normalizeOrUndefined(value) !== undefined

function archiveFaults({ archive, 'notification-url': url }: Manifest): Fault[] {
  const { name, exclude } = (isPhpArray(archive) ? archive : {}) as PhpArray
  return [
    ...(isFilled(url) && !isText(url) ? [refused(['notification-url'], url, 'a text')] : []),
    ...(isFilled(name) && !isText(name) ? [refused(['archive', 'name'], name, 'a text')] : []),
    ...(isFilled(exclude) && !isPhpArray(exclude)
      ? [refused(['archive', 'exclude'], exclude, 'a list')]
      : []),
  ]
}

/** Composer installs no extension by our metadata, and newer ones refuse the field in other packages. */
function extensionFaults({ 'php-ext': extension }: Manifest): Fault[] {
  return isFilled(extension)
    ? [refused(['php-ext'], extension, 'left out: only PHP packages are published')]
    : []
}

/** Where to get the code. Composer accepts no option in the place of a URL or a commit. */
function originFaults(field: 'source' | 'dist', origin: unknown): Fault[] {
  if (!isGiven(origin)) return []
  if (!isPhpArray(origin)) return [refused([field], origin, 'an object')]
  if (!isFilled(origin)) return []
  const { type, url, reference, shasum, mirrors } = origin
  return [
    // Composer 2.11 refuses some URLs of Perforce, because its client runs programs that they name
    ...(isText(type) && type !== 'perforce' ? [] : [refused([field, 'type'], type, 'a type such as git')]),
    ...(isText(url) && !isOption(url) ? [] : [refused([field, 'url'], url, 'a URL')]),
    ...(isReference(reference) || (field === 'dist' && !isGiven(reference))
      ? []
      : [refused([field, 'reference'], reference, 'a commit')]),
    ...(!isGiven(mirrors) || isPhpArray(mirrors) ? [] : [refused([field, 'mirrors'], mirrors, 'a list')]),
    ...(field === 'source' || !isGiven(shasum) || isText(shasum)
      ? []
      : [refused([field, 'shasum'], shasum, 'a text')]),
  ]
}

const isOption = (text: string) => /^\s*-/.test(text)

const isReference = (value: unknown) => (isText(value) || Number.isInteger(value)) && !isOption(String(value))
