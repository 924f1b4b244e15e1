import { z } from 'zod'
import type { Hooks } from './hooks.ts'
import { addRepository } from './repositories.ts'
import { accessOf, type Host } from './state.ts'
import { install } from './oauth.ts'

/**
 * - `500`, `429`, `403`: the call has this answer and no effect. `limited`: a 403 that GitHub sends after too many calls.
 * - `redirect`: the call leads to another host.
 * - `slow`: the answer comes after `ms`. `lost`: the call works, but its answer never arrives.
 */
const fault = z.strictObject({
  match: z.string().describe('A pattern for "METHOD /path"'),
  answer: z.enum(['500', '429', '403', 'limited', 'redirect', 'slow', 'lost']),
  times: z.int().min(1).default(1),
  ms: z.int().min(0).default(1_000),
  to: z.url().optional().describe('Of a redirect'),
})
export type PlannedFault = z.output<typeof fault>

const user = z.strictObject({ user: z.string().optional().describe('Absent: of all people') })
const version = z.strictObject({
  tag: z.string().optional(),
  at: z.string().default('2026-01-01T00:00:00Z'),
  files: z.record(z.string(), z.string()),
})
const seeded = z.strictObject({
  path: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  isPrivate: z.boolean().optional(),
  members: z.record(z.string(), z.enum(['read', 'write'])).optional(),
  versions: z.array(version).min(1),
})
const rename = z.strictObject({ path: z.string(), to: z.string() })
const member = z.strictObject({
  path: z.string(),
  user: z.string(),
  access: z.enum(['read', 'write', 'none']),
})
const installed = z.strictObject({ account: z.string(), paths: z.array(z.string()) })
const mode = z.strictObject({ mode: z.enum(['deliver', 'lose', 'hold']) })
const forged = z.strictObject({ hook: z.int(), ref: z.string().default('refs/tags/v9.9.9') })

export interface Sim {
  host: Host
  hooks: Hooks
  faults: PlannedFault[]
  requests: string[]
}

/** `/_sim/…`: tests and people control the host here. Takes and returns JSON; undefined for an unknown path. */
export async function handleSim(sim: Sim, call: string, body: unknown): Promise<object | undefined> {
  const { host, hooks, faults, requests } = sim
  switch (call) {
    case 'POST /_sim/fault':
      faults.push(fault.parse(body))
      return { planned: true }
    case 'GET /_sim/requests':
      return { requests }
    case 'GET /_sim/deliveries':
      await hooks.idle()
      return { deliveries: hooks.deliveries() }
    case 'GET /_sim/hooks':
      return { hooks: host.state.hooks.map(({ id, repository, url }) => ({ id, repository, url })) }
    case 'POST /_sim/hooks':
      hooks.setMode(mode.parse(body).mode)
      return { set: true }
    case 'POST /_sim/hooks/flush':
      return { flushed: await hooks.flush() }
    case 'POST /_sim/hooks/redeliver':
      return hooks.redeliver(z.strictObject({ id: z.string() }).parse(body).id)
    case 'POST /_sim/hooks/forge': {
      const { hook, ref } = forged.parse(body)
      return hooks.forge(hook, ref)
    }
    case 'POST /_sim/repositories':
      return addRepository(host, seeded.parse(body))
    default:
      return changeHost(host, call, body)
  }
}

function changeHost(host: Host, call: string, body: unknown): object | undefined {
  const { state } = host
  const changed = changeOf(host, call, body)
  if (changed === undefined) return undefined
  host.save()
  return { ...changed, grants: state.grants.length, installations: state.installations.length }
}

function changeOf(host: Host, call: string, body: unknown): object | undefined {
  const { state } = host
  switch (call) {
    case 'POST /_sim/revoke': {
      const { user: who } = user.parse(body)
      state.grants = state.grants.filter((grant) => who !== undefined && grant.user !== who)
      state.installations = state.installations.filter(({ account }) => who !== undefined && account !== who)
      return { revoked: true }
    }
    case 'POST /_sim/expire':
      for (const grant of state.grants) grant.expiresAt = host.now()
      for (const token of state.installationTokens) token.expiresAt = host.now()
      return { expired: true }
    case 'POST /_sim/rename': {
      const { path, to } = rename.parse(body)
      const repository = named(host, path)
      repository.oldPaths.push(path)
      repository.path = to
      return { renamed: repository.id }
    }
    case 'POST /_sim/members': {
      const { path, user: login, access } = member.parse(body)
      const repository = named(host, path)
      if (access === 'none') delete repository.members[login]
      else repository.members[login] = access
      return { access: accessOf(repository, login) ?? 'none' }
    }
    case 'POST /_sim/install': {
      const { account, paths } = installed.parse(body)
      const ids = paths.map((path) => named(host, path).id)
      install(host, account, ids)
      return { installed: ids }
    }
    default:
      return undefined
  }
}

function named({ state }: Host, wanted: string) {
  const repository = state.repositories.find(({ path }) => path === wanted)
  if (!repository) throw new RangeError(`there is no repository ${wanted}`)
  return repository
}
