import { type ConsentedAccount, GitHostFailure, type GitTokens } from '#kernel/git-host'
import { DomainError } from '#kernel/errors'
import type { CustomerId, OperationId, OrgId } from '#kernel/ids'
import { audit, by as actor } from '#domain/audit'
import { assertMay, lockOrg, orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type Authorization, mintConsent, mintState, useState } from './authorization-store.ts'
import { GitCodeRefused, GitConsentDenied, GitConsentOver } from './errors.ts'
import type { ConsentAnswer, ConsentOutcome, ConsentPage } from './git.ts'
import { isFailure, orUnavailable } from './grants.ts'
import { storeIntegration } from './integration-store.ts'
import { consentRedirectUri, type GitOptions, hostOf } from './options.ts'
import { awaitedGitHost, nudgeWaitingFor } from './waits.ts'

const ACTION = 'connect_git_host'

/** As `Git.openConsentPage`. */
export async function openConsentPage(options: GitOptions, page: ConsentPage): Promise<string> {
  const { operation, org, wantsHooks, openedBy, at } = page
  return inTransaction(options.db, async (tx) => {
    const host = await awaitedGitHost(tx, { operation, org })
    if (!host) throw new GitConsentOver()
    const bound = { operation, org, customer: openedBy.customer, host, wantsHooks }
    const url = await mintConsent(tx, options, bound, at)
    const event = { action: 'open_git_consent', outcome: 'done', ...actor(openedBy), org, operation } as const
    await audit(tx, { chain: `org:${org}`, ...event, detail: { host } })
    return url
  })
}

/** As `Git.completeConsent`. The state is used up before the host is asked, so an answer is used once. */
export async function completeConsent(options: GitOptions, answer: ConsentAnswer): Promise<ConsentOutcome> {
  const used = await inTransaction(options.db, (tx) => acceptAnswer(tx, options, answer))
  if ('is' in used) return used
  if (used.denied) throw await audited(options, used, answer, new GitConsentDenied())
  if (!answer.code) throw await audited(options, used, answer, new GitCodeRefused())
  const host = hostOf(options, used.host)
  const { at } = answer
  const accounts = await host
    .exchange({ ...used, code: answer.code, redirectUri: consentRedirectUri(options), at })
    .catch(async (error: unknown) => {
      const isRefused = error instanceof GitHostFailure && !isAway(error)
      throw await audited(
        options,
        used,
        answer,
        isRefused ? new GitCodeRefused() : orUnavailable(options, error),
      )
    })
  if (!accounts.length && host.installUrl) {
    const { state } = await inTransaction(options.db, (tx) => mintState(tx, options, used, at))
    return { is: 'install', operation: used.operation, host: used.host, url: host.installUrl(state) }
  }
  return storeAccounts(options, { used, accounts, answer })
}

const isAway = (error: GitHostFailure) => isFailure(error, 'away') || isFailure(error, 'misconfigured')

type UsedState = Authorization & { verifier: string; denied: boolean }

/** Checks the person and the operation, and uses the state up. GitHub's page for installing our App ends here, too. */
async function acceptAnswer(
  tx: Db,
  options: GitOptions,
  { state, error, setupAction, by, at }: ConsentAnswer,
): Promise<UsedState | ConsentOutcome> {
  const used = await useState(tx, options, { state, customer: by.customer, at })
  await assertStillAsked(tx, used)
  const host = hostOf(options, used.host)
  if (error !== undefined) return { ...used, denied: true }
  if (setupAction === undefined || !host.installUrl) return { ...used, denied: false }
  if (setupAction === 'request') return { is: 'requested', host: used.host }
  // the installation that the URL names is not trusted: the person consents, and GitHub lists what they may see
  return { is: 'consent', url: await mintConsent(tx, options, used, at) }
}

/** The person still has the role, and the operation still waits for this host. */
async function assertStillAsked(
  tx: Db,
  {
    org,
    customer,
    operation,
    host,
  }: { org: OrgId; customer: CustomerId; operation: OperationId; host: string },
): Promise<void> {
  assertMay(await orgForCustomer(tx, customer, org), 'manage_git')
  if ((await awaitedGitHost(tx, { operation, org })) !== host) throw new GitConsentOver()
}

interface Consented {
  used: UsedState
  accounts: readonly ConsentedAccount[]
  answer: ConsentAnswer
}

/** When nothing could be stored, the tokens are ended at the host: nobody would use them. */
async function storeAccounts(
  options: GitOptions,
  { used, accounts, answer: { by, at } }: Consented,
): Promise<ConsentOutcome> {
  const { db, sealing } = options
  const { org, operation } = used
  const host = hostOf(options, used.host)
  const replaced: GitTokens[] = []
  try {
    await inTransaction(db, async (tx) => {
      await lockOrg(tx, org)
      await assertStillAsked(tx, used)
      const stored = []
      for (const account of accounts)
        stored.push(await storeIntegration(tx, sealing, { org, host, account, operation, by, at }))
      replaced.push(...stored.flatMap((each) => each.replaced ?? []))
      await nudgeWaitingFor(tx, { org, host: host.host })
      for (const { id } of stored) {
        const event = { action: ACTION, outcome: 'done', ...actor(by), org, object: id, operation } as const
        await audit(tx, { chain: `org:${org}`, ...event, detail: { host: host.host } })
      }
    })
  } catch (error) {
    await endTokens(
      options,
      host.host,
      accounts.flatMap(({ tokens }) => tokens ?? []),
    )
    throw error
  }
  await endTokens(options, host.host, replaced)
  const names = accounts.map(({ accountName }) => accountName)
  return { is: 'connected', operation, host: host.host, accounts: names }
}

/** Ends tokens at their host. They end by themselves later, so a failure is only logged. */
export async function endTokens(
  options: GitOptions,
  name: string,
  tokens: readonly GitTokens[],
): Promise<void> {
  const host = options.hosts.find(({ host: each }) => each === name)
  for (const each of tokens)
    await host
      ?.revoke(each)
      .catch((error: unknown) =>
        options.log.warn({ error, host: name }, 'tokens could not be ended at a Git host'),
      )
}

/** Audits a refusal after the state was used up, and returns it. */
async function audited(
  { db }: GitOptions,
  { org, operation, host }: UsedState,
  { by }: ConsentAnswer,
  error: unknown,
): Promise<unknown> {
  const code = error instanceof DomainError ? error.code : 'internal_error'
  const outcome = error instanceof DomainError && error.kind !== 'unavailable' ? 'refused' : 'failed'
  const event = { action: ACTION, outcome, ...actor(by), org, operation, code, detail: { host } } as const
  await inTransaction(db, (tx) => audit(tx, { chain: `org:${org}`, ...event }))
  return error
}
