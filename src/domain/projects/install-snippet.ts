import type { ProjectId } from '#kernel/ids'
import type { KeyPair } from './project-token.ts'

/** The repository for composer.json and the commands to run. Contains no secret. */
export interface InstallSnippet {
  repository: { type: 'composer'; url: string }
  composer_commands: string[]
}

/**
 * Composer matches credentials by exact host and port, so every URL begins with the same `publicUrl`. Composer has to
 * allow plain http explicitly: https://getcomposer.org/doc/06-config.md#secure-http
 */
export function installSnippet(
  publicUrl: string,
  project: ProjectId,
  packages: readonly string[],
): InstallSnippet {
  const url = `${publicUrl}/r/${project}/`
  return {
    repository: { type: 'composer', url },
    composer_commands: [
      ...(url.startsWith('http:') ? ['composer config secure-http false'] : []),
      `composer config repositories.packagento composer ${url}`,
      ...(packages.length ? [`composer require ${packages.join(' ')}`] : []),
    ],
  }
}

/** What Composer shows of a project that may install nothing. */
const NOTHING = 'packagento-reserved/*'

/**
 * The command that fetches `auth.json` by a single-use link, and one that checks it against the repository. The first
 * does not touch an `auth.json` that exists, because that file may have keys of other repositories. Nothing prints a
 * key.
 */
export const pickupCommands = (link: string, [installed = NOTHING]: readonly string[]): string[] => [
  `test ! -e auth.json && (umask 077 && curl -fsS -X POST -o auth.json '${link}')`,
  `composer show --available --no-cache --no-interaction '${installed}'`,
]

/** `auth.json` as Composer reads it, keyed by host and port. */
export const authJsonFor = (publicUrl: string, { publicKey, privateKey }: KeyPair) => ({
  'http-basic': { [new URL(publicUrl).host]: { username: publicKey, password: privateKey } },
})
