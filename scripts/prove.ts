// npm run prove [-- --rounds N --seed N --purchases N --seconds N --rest N --keep]: buys in every way while api, worker,
// Temporal, bank and database are killed at random, then compares rows, bank and runs. Exits 1 when anything differs.
import { parseArgs } from 'node:util'
import { startDeployment } from './prove/deployment.ts'
import { proveRound, type Round } from './prove/rounds.ts'
import { aRandom } from '../test/support/random.ts'
import { Refused, sentenceOf } from '../sandbox/refused.ts'

const USAGE = 'usage: npm run prove [-- --rounds N --seed N --purchases N --seconds N --rest N --keep]'

try {
  await prove()
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

function wanted() {
  const number = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      options: {
        rounds: number,
        seed: number,
        purchases: number,
        seconds: number,
        rest: number,
        keep: { type: 'boolean' },
      },
    })
    const whole = (name: 'rounds' | 'seed' | 'purchases' | 'seconds' | 'rest', usual: number) => {
      const value = Number(values[name] ?? usual)
      if (!Number.isInteger(value) || value < 1) throw new Refused(USAGE)
      return value
    }
    return {
      rounds: whole('rounds', 20),
      seed: whole('seed', Date.now() % 2 ** 31),
      purchases: whole('purchases', 30),
      seconds: whole('seconds', 30),
      restSeconds: whole('rest', 420),
      keep: values.keep === true,
    }
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(USAGE)
  }
}

async function prove(): Promise<void> {
  const { rounds, seed, keep, ...options } = wanted()
  const deployment = await startDeployment({ keep })
  const stop = onSignals(deployment.stop)
  console.log(`Seed ${seed}. Everything runs in ${deployment.folder}.`)
  let wrong = 0
  for (let n = 1; n <= rounds; n++) {
    const crashes = deployment.crashes.length
    const { below } = aRandom(seed + n)
    const round = await proveRound(deployment, { ...options, below })
    wrong += round.faults.length
    report(`Round ${n} of ${rounds}`, round, deployment.crashes.slice(crashes))
  }
  await stop()
  console.log(wrong ? `${wrong} faults; repeat them with --seed ${seed}.` : 'Nothing differs.')
  if (wrong) process.exitCode = 1
}

function report(name: string, { ended, killed, restSeconds, faults }: Round, crashes: readonly string[]) {
  console.log(`${name}: ${counted(ended.map(({ how }) => how))}`)
  console.log(
    `  killed ${counted(killed)}; rest ${restSeconds} s; ended by themselves: ${counted(crashes) || 'none'}`,
  )
  for (const fault of faults) console.log(`  FAULT ${fault}`)
}

function counted(names: readonly string[]): string {
  return [...Map.groupBy(names, (name) => name)].map(([name, all]) => `${all.length} ${name}`).join(', ')
}

/** Stops everything at a signal, too. If this process is killed, `guard.ts` does it. */
function onSignals(stop: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined
  const once = () => (stopping ??= stop())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void once().finally(() => process.exit(130)))
  return once
}
