import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, KyselyPlugin } from 'kysely'
import type { Db } from '#platform/database'
import { eachStep, type Fault, type Steps } from './faults.ts'

/** One attempt of a step, and how many effects are left until it dies. */
interface Life {
  left: number
  dies: () => void
}

/** Lets steps die as if their process was killed: from a chosen effect on, the attempt changes nothing. */
export interface MortalProcess {
  /** Each statement is one effect. A transaction that is open when the process dies is rolled back. */
  db: (db: Db) => Db
  /** Each call is two effects: the request and the response. */
  adapter: <Adapter extends object>(adapter: Adapter) => Adapter
  /**
   * The first attempt of each step dies at the first of these effects, the second attempt at the second one, and so on.
   * Later attempts live. Effects are counted from 1 in each attempt.
   */
  dyingAt: (effects: readonly number[]) => Dying
}

/** `died` has the steps that died, as `<step> <effect>`. */
export type Dying = Fault & { died: ReadonlySet<string> }

export function aMortalProcess(): MortalProcess {
  const lives = new AsyncLocalStorage<Life>()
  function live(): void {
    const life = lives.getStore()
    if (!life || life.left-- > 1) return
    if (life.left === 0) life.dies()
    throw new Error('the process was killed')
  }
  return {
    db: (db) => (db as unknown as Kysely<object>).withPlugin(pluginOf(live)) as unknown as Db,
    adapter: (adapter) => callsOf(adapter, live),
    dyingAt(effects) {
      const died = new Set<string>()
      const attempts = new Map<string, number>()
      const mortal =
        (step: keyof Steps, working: (input: unknown) => Promise<unknown>) => (input: unknown) => {
          const attempt = attempts.get(step) ?? 0
          attempts.set(step, attempt + 1)
          const left = effects[attempt]
          if (left === undefined) return working(input)
          return lives.run({ left, dies: () => void died.add(`${step} ${left}`) }, () => working(input))
        }
      const fault: Fault = (steps) => ({ ...steps, ...eachStep(steps, mortal) })
      return Object.assign(fault, { died })
    },
  }
}

const pluginOf = (live: () => void): KyselyPlugin => ({
  transformQuery({ node }) {
    live()
    return node
  },
  transformResult: async ({ result }) => result,
})

function callsOf<Adapter extends object>(adapter: Adapter, live: () => void): Adapter {
  const mortal = Object.entries(adapter).map(([name, call]: [string, unknown]) => {
    if (typeof call !== 'function') return [name, call]
    return [
      name,
      (...given: unknown[]): unknown => {
        live()
        const begun: unknown = call(...given)
        if (begun instanceof Promise) return begun.then((answer) => (live(), answer))
        return isIterable(begun) ? eachOf(begun, live) : begun
      },
    ]
  })
  return Object.fromEntries(mortal) as Adapter
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

async function* eachOf(values: AsyncIterable<unknown>, live: () => void) {
  for await (const value of values) {
    live()
    yield value
  }
}
