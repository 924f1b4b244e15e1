import autocannon from 'autocannon'

const CONNECTIONS = 16

/** What one server is asked; with several requests, each connection sends them in turn. */
export interface Load {
  origin: string
  path: string
  method?: string
  body?: string
  headers?: readonly Record<string, string>[]
}

export interface Compared {
  /** Requests a second, the median of all rounds. */
  ours: number
  baseline: number
  /** Of ours to the baseline in the same round: the smallest, the median, the largest. */
  ratios: [number, number, number]
}

/**
 * Requests a second of our server and of its baseline, by turns in short rounds: a slow second of the machine then
 * hits both alike. The first round warms up and does not count.
 */
export async function compare(
  { ours, baseline }: { ours: Load; baseline: Load },
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Compared> {
  await rateOf(ours, seconds)
  await rateOf(baseline, seconds)
  const measured: { ours: number; baseline: number }[] = []
  for (let round = 0; round < rounds; round++)
    measured.push({ ours: await rateOf(ours, seconds), baseline: await rateOf(baseline, seconds) })
  const ratios = sorted(measured.map((round) => round.ours / round.baseline))
  return {
    ours: median(sorted(measured.map((round) => round.ours))),
    baseline: median(sorted(measured.map((round) => round.baseline))),
    ratios: [ratios[0] ?? 0, median(ratios), ratios.at(-1) ?? 0],
  }
}

async function rateOf({ origin, path, method = 'GET', body, headers = [{}] }: Load, duration: number) {
  const requests = headers.map((each) => ({ method, path, headers: each, ...(body && { body }) }))
  const result = await autocannon({ url: origin, connections: CONNECTIONS, duration, requests })
  if (result.non2xx || result.errors)
    throw new Error(`${path}: ${result.non2xx} answers that are not 2xx, ${result.errors} errors`)
  return result['2xx'] / result.duration
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)

const median = (values: readonly number[]) => values[Math.floor(values.length / 2)] ?? 0
