import autocannon from 'autocannon'
import { cpuBetween, type CpuTimes } from './cpu.ts'

const CONNECTIONS = 16
/** Rounds that do not count. Our code is larger than a baseline's, so it is compiled later. */
const WARM_UP_ROUNDS = 6

/** The request to one server. Each connection sends one of the `headers` with all its requests, as a client does. */
export interface Load {
  origin: string
  path: string
  method?: string
  body?: string
  headers?: readonly Record<string, string>[]
}

/** The smallest, the median and the largest of all rounds. */
export type Spread = [number, number, number]

export interface Compared {
  /** Requests per second. */
  rates: { ours: number; baseline: number }
  /** Our rate divided by the baseline's in the same round. */
  byTime: Spread
  /** The same for requests per ms of CPU time, including the database's. */
  byCpu: Spread
}

interface Round {
  rate: number
  perCpuMs: number
}

/**
 * Measures our server and its baseline in turns and in short rounds, so that a slow second of the machine affects both.
 * The first rounds warm up and do not count. `cpu` returns what both servers and the database have used so far.
 */
export async function compare(
  asked: { ours: Load; baseline: Load },
  { rounds, seconds, cpu }: { rounds: number; seconds: number; cpu: () => CpuTimes | undefined },
): Promise<Compared> {
  const measure = async (load: Load): Promise<Round> => {
    const before = cpu()
    const { requests, time } = await run(load, seconds)
    return { rate: requests / time, perCpuMs: requests / cpuBetween(before, cpu()) }
  }
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await measure(asked.ours)
    await measure(asked.baseline)
  }
  const ours: Round[] = []
  const baseline: Round[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await measure(asked.ours))
    baseline.push(await measure(asked.baseline))
  }
  const ratios = (key: keyof Round) => spread(ours.map((each, n) => each[key] / (baseline[n]?.[key] ?? NaN)))
  const rate = (all: Round[]) => spread(all.map((each) => each.rate))[1]
  return {
    rates: { ours: rate(ours), baseline: rate(baseline) },
    byTime: ratios('rate'),
    byCpu: ratios('perCpuMs'),
  }
}

/** Counts the connections of all rounds, so that each round uses other headers. */
let connected = 0

async function run({ origin, path, method = 'GET', body, headers = [{}] }: Load, duration: number) {
  const result = await autocannon({
    url: origin,
    connections: CONNECTIONS,
    duration,
    requests: [{ method, path, ...(body && { body }) }],
    setupClient: (client) => client.setHeaders(headers[connected++ % headers.length] ?? {}),
  })
  if (result.non2xx || result.errors)
    throw new Error(`${path}: ${result.non2xx} answers that are not 2xx, ${result.errors} errors`)
  return { requests: result['2xx'], time: result.duration }
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return [sorted[0] ?? NaN, sorted[Math.floor(sorted.length / 2)] ?? NaN, sorted.at(-1) ?? NaN]
}
