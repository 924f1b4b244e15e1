import { z } from 'zod'
import { plannedFault } from './faults.ts'
import { moneyIn } from './money.ts'
import type { Api } from './server.ts'
import type { Webhooks } from './webhooks.ts'

export interface Sim extends Api {
  webhooks: Webhooks
}

const clock = z.strictObject({ advance: z.int().min(0).describe('Seconds') })
const mode = z.strictObject({ mode: z.enum(['auto', 'hold', 'drop']) })

/** `/_sim/…`: what tests and curious people steer the stand-in with. JSON in, JSON out; nothing when unknown. */
export async function handleSim(
  sim: Sim,
  method: string,
  path: string,
  body: unknown,
): Promise<object | undefined> {
  const { store, faults, webhooks } = sim
  switch (`${method} ${path}`) {
    case 'POST /_sim/next':
      faults.plan(plannedFault.parse(body))
      return { planned: true }
    case 'GET /_sim/requests':
      return { count: sim.requests.length, requests: sim.requests }
    case 'GET /_sim/violations':
      return { violations: sim.violations }
    case 'GET /_sim/money':
      return moneyIn(store)
    case 'POST /_sim/webhooks':
      webhooks.mode(mode.parse(body).mode)
      return mode.parse(body)
    case 'POST /_sim/webhooks/flush':
      await webhooks.flush()
      return { flushed: true }
    case 'POST /_sim/keys/expire':
      for (const { id } of store.all('keys')) store.drop('keys', id)
      return { expired: true }
    case 'POST /_sim/clock':
      store.advance(clock.parse(body).advance)
      return { now: store.now() }
    case 'POST /_sim/reset':
      store.reset()
      faults.clear()
      sim.requests.length = 0
      sim.violations.length = 0
      return { reset: true }
    default:
      return undefined
  }
}
