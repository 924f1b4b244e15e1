import { createHmac, randomUUID } from 'node:crypto'
import type { PushedRef } from './http-backend.ts'
import { cloneUrlOf } from './api-parts.ts'
import type { Host, HostHook, HostRepositoryState } from './state.ts'

const ZEROS = '0'.repeat(40)
/** GitHub and GitLab send no event for a push with more tags. */
const MOST_TAGS = 3
const PATIENCE_MS = 10_000

/** `lose`: nothing is sent, as when our side was down. `hold`: sent by `flush`. */
export type HookMode = 'deliver' | 'lose' | 'hold'

export interface HookDelivery {
  id: string
  hook: number
  ref: string
  /** The answer, or what happened to it. */
  status: number | 'lost' | 'held' | 'no answer'
}

interface Prepared {
  delivery: HookDelivery
  url: string
  headers: Record<string, string>
  body: string
}

export interface Hooks {
  pushed: (repository: HostRepositoryState, refs: readonly PushedRef[], by: string) => void
  setMode: (mode: HookMode) => void
  /** From now on the hooks of an application lead to this origin. */
  moveTo: (origin: string) => void
  /** Sends what was held. */
  flush: () => Promise<number>
  /** Sends a delivery again, as the host's button does: the same bytes under the same id. */
  redeliver: (id: string) => Promise<HookDelivery | undefined>
  /** Sends an event that nobody pushed, signed with another secret. */
  forge: (hook: number, ref: string) => Promise<HookDelivery | undefined>
  deliveries: () => readonly HookDelivery[]
  /** Resolves when everything that is under way has an answer. */
  idle: () => Promise<void>
}

export function hooksOf(host: Host): Hooks {
  let mode: HookMode = 'deliver'
  const sent: Prepared[] = []
  const underWay = new Set<Promise<void>>()

  async function send(prepared: Prepared): Promise<void> {
    const { url, headers, body, delivery } = prepared
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      delivery.status = answer.status
    } catch {
      delivery.status = 'no answer'
    }
  }

  function start(prepared: Prepared): Promise<void> {
    const work = send(prepared).finally(() => underWay.delete(work))
    underWay.add(work)
    return work
  }

  return {
    pushed(repository, refs, by) {
      const tags = refs.filter(({ ref }) => ref.startsWith('refs/tags/'))
      if (host.kind !== 'gitea' && tags.length > MOST_TAGS) return
      // our hook at GitLab is for tags only
      const wanted = host.kind === 'gitlab' ? tags : refs
      for (const hook of host.state.hooks.filter((each) => each.repository === repository.id))
        for (const pushed of wanted) {
          const prepared = prepare(host, { hook, repository, pushed, by })
          sent.push(prepared)
          if (mode === 'deliver') void start(prepared)
          else prepared.delivery.status = mode === 'lose' ? 'lost' : 'held'
        }
    },
    setMode(wanted) {
      mode = wanted
    },
    moveTo(origin) {
      for (const hook of host.state.hooks) hook.url = new URL(new URL(hook.url).pathname, origin).href
      host.save()
    },
    async flush() {
      const held = sent.filter(({ delivery }) => delivery.status === 'held')
      await Promise.all(held.map(start))
      return held.length
    },
    async redeliver(id) {
      const found = sent.find(({ delivery }) => delivery.id === id)
      if (found) await start(found)
      return found?.delivery
    },
    async forge(id, ref) {
      const hook = host.state.hooks.find((each) => each.id === id)
      const repository = host.state.repositories.find((each) => each.id === hook?.repository)
      if (!hook || !repository) return undefined
      const forged = {
        ...hook,
        secret: 'not-the-secret',
        ...(hook.signingToken && { signingToken: 'whsec_bm8=' }),
      }
      const pushed = { ref, before: undefined, after: 'f'.repeat(40) }
      const prepared = prepare(host, { hook: forged, repository, pushed, by: 'nobody' })
      sent.push(prepared)
      await start(prepared)
      return prepared.delivery
    },
    deliveries: () => sent.map(({ delivery }) => delivery),
    async idle() {
      while (underWay.size) await Promise.all(underWay)
    },
  }
}

interface Event {
  hook: HostHook
  repository: HostRepositoryState
  pushed: PushedRef
  by: string
}

function prepare(host: Host, event: Event): Prepared {
  const id = randomUUID()
  const body = JSON.stringify(bodyOf(host, event))
  const { hook, pushed } = event
  return {
    delivery: { id, hook: hook.id, ref: pushed.ref, status: 'no answer' },
    url: hook.url,
    headers: { 'content-type': 'application/json', ...signatures(host, { id, body, event }) },
    body,
  }
}

function bodyOf(host: Host, { repository, pushed, by }: Event): object {
  const { ref, before = ZEROS, after = ZEROS } = pushed
  const base = { ref, before, after }
  const common = { id: repository.id, full_name: repository.path, clone_url: cloneUrlOf(host, repository) }
  if (host.kind !== 'gitlab')
    return { ...base, deleted: after === ZEROS, repository: common, pusher: { name: by, login: by } }
  return {
    object_kind: ref.startsWith('refs/tags/') ? 'tag_push' : 'push',
    ...base,
    checkout_sha: after === ZEROS ? null : after,
    user_username: by,
    project_id: repository.id,
    project: { id: repository.id, path_with_namespace: repository.path },
  }
}

function signatures(
  host: Host,
  { id, body, event: { hook } }: { id: string; body: string; event: Event },
): Record<string, string> {
  const hub = `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`
  if (host.kind === 'github')
    return { 'x-github-event': 'push', 'x-github-delivery': id, 'x-hub-signature-256': hub }
  if (host.kind === 'gitea')
    return {
      'x-gitea-event': 'push',
      'x-github-event': 'push',
      'x-gitea-delivery': id,
      'x-github-delivery': id,
      'x-gitea-signature': hub.slice('sha256='.length),
      'x-hub-signature-256': hub,
    }
  const time = String(Math.floor(host.now() / 1000))
  const key = hook.signingToken && Buffer.from(hook.signingToken.replace('whsec_', ''), 'base64')
  const standard = key && createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
  return {
    'x-gitlab-event': 'Tag Push Hook',
    'x-gitlab-event-uuid': id,
    'x-gitlab-token': hook.secret,
    ...(standard && {
      'webhook-id': id,
      'webhook-timestamp': time,
      'webhook-signature': `v1,${standard}`,
    }),
  }
}
