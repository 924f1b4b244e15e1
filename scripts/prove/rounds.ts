import { setTimeout as sleep } from 'node:timers/promises'
import { findDifferences } from '#domain/differences'
import { aPerson } from './buyers.ts'
import type { Part } from './child.ts'
import type { Deployment } from './deployment.ts'
import { inTheBrowser } from './person.ts'
import { aPurchase, buy, type Ended, KINDS, repeated } from './purchases.ts'

export interface RoundOptions {
  purchases: number
  /** How long parts are killed. */
  seconds: number
  /** How long the open work may take afterwards. */
  restSeconds: number
  /** Returns a number from 0 up to a limit. */
  below: (limit: number) => number
}

export interface Round {
  ended: readonly Ended[]
  /** The names of the killed parts, in order. */
  killed: readonly string[]
  restSeconds: number
  /** Everything that is wrong, in sentences. */
  faults: readonly string[]
}

const KILL_EVERY_MS = 2_000
const LONGEST_AWAY_MS = 1_500

/** Purchases of every kind while parts are killed, then rest, then the comparison of rows, bank and runs. */
export async function proveRound(deployment: Deployment, options: RoundOptions): Promise<Round> {
  const person = await aPerson(deployment)
  const kinds = Array.from({ length: options.purchases }, (_, i) => KINDS[i % KINDS.length] ?? KINDS[0])
  const purchases = await Promise.all(
    kinds.flatMap((kind) => (kind ? [aPurchase(deployment, person, kind)] : [])),
  )
  const giveUp = new AbortController()
  const browser = inTheBrowser(deployment.publicUrl, person)
  const buying = purchases.map(async (purchase, i) => {
    // not all at once, so that every step meets a kill
    await sleep((i * options.seconds * 700) / purchases.length)
    return buy(deployment, browser, purchase, giveUp.signal)
  })
  const killed = await killParts(deployment.parts, options)
  const restBegan = performance.now()
  const late = setTimeout(() => giveUp.abort(), options.restSeconds * 1_000)
  const ended = await Promise.all(buying)
  const faults = await untilAtRest(deployment, giveUp.signal)
  clearTimeout(late)
  const restSeconds = Math.round((performance.now() - restBegan) / 1_000)
  faults.push(
    ...ended.flatMap(({ kind, operation, how, fault }) =>
      fault ? [`${kind}: ${fault}: ${operation} ${how}`] : [],
    ),
  )
  for (const [i, one] of ended.entries()) {
    const [purchase] = purchases.slice(i)
    const fault = purchase && !one.fault && (await repeated(deployment, purchase, one))
    if (fault) faults.push(fault)
  }
  return { ended, killed, restSeconds, faults }
}

/** Kills a random part every 2 s, and starts it again a moment later. In the end all parts run. */
async function killParts(parts: readonly Part[], { seconds, below }: RoundOptions): Promise<string[]> {
  const away = new Map<Part, Promise<void>>()
  const killed: string[] = []
  for (const end = performance.now() + seconds * 1_000; performance.now() < end;) {
    await sleep(Math.min(KILL_EVERY_MS, seconds * 500))
    const here = parts.filter((part) => !away.has(part))
    const part = here[below(here.length)]
    if (!part) continue
    killed.push(part.name)
    part.kill()
    const back = sleep(below(LONGEST_AWAY_MS)).then(() => part.start())
    away.set(
      part,
      back.finally(() => away.delete(part)),
    )
  }
  await Promise.all(away.values())
  return killed
}

/** What differs and does not change for so long does not go away, unless an operation is still open. */
const SETTLED_MS = 30_000

/** Waits until nothing differs any more, or only what does not change, or until time is up. Returns what differs. */
async function untilAtRest({ db, payments, runs }: Deployment, until: AbortSignal): Promise<string[]> {
  const { openRuns, close } = await runs()
  const source = { statedPayments: payments.statement, openRuns, isAtRest: true }
  let [last, since] = ['', performance.now()]
  try {
    for (;;) {
      const found = await findDifferences(db, source)
      const all = found.map(({ rule, says }) => `${rule}: ${says}`)
      if (all.join() !== last) [last, since] = [all.join(), performance.now()]
      const isOpen = found.some(({ rule }) => rule === 'operation_open' || rule === 'run_without_operation')
      const isSettled = !isOpen && performance.now() - since > SETTLED_MS
      if (!all.length || isSettled || until.aborted) return all
      await sleep(1_000)
    }
  } finally {
    await close()
  }
}
