import { cleanUpDue } from './clean-up.ts'
import { completeConsent, openConsentPage } from './consent.ts'
import { disconnect } from './disconnect.ts'
import type { Git } from './git.ts'
import { listIntegrations } from './integration-store.ts'
import { type GitOptions, hostOf } from './options.ts'
import { installHook, isHook, packageHook, receivePush, removeHook } from './package-hooks.ts'
import { listRepositories, repositoryAccess, repositoryCredential } from './repository-access.ts'
import { readRepositoryUrl } from './repository-url.ts'

export function gitOn(options: GitOptions): Git {
  const { db, hosts } = options
  return {
    hosts: hosts.map(({ host, kind }) => ({ host, kind })),
    hostNamed: (name) => hostOf(options, name.toLowerCase()).host,
    addressOf: (url) => readRepositoryUrl(url, hosts),
    repositoryAccess: (wanted) => repositoryAccess(options, wanted),
    credential: (wanted) => repositoryCredential(options, wanted),
    openConsentPage: (wanted) => openConsentPage(options, wanted),
    completeConsent: (answer) => completeConsent(options, answer),
    list: (org) => listIntegrations(db, org),
    listRepositories: (wanted) => listRepositories(options, wanted),
    disconnect: (wanted) => disconnect(options, wanted),
    cleanUpDue: (at) => cleanUpDue(options, at),
    installHook: (wanted) => installHook(options, wanted),
    removeHook: (wanted) => removeHook(options, wanted),
    hookOf: (of) => packageHook(options, of),
    isHook: (id) => isHook(db, id),
    receivePush: (delivery) => receivePush(options, delivery),
  }
}
