import { Agent, request } from 'node:http'

/** One request of a load: what is asked, and that the answer is the one that is meant. */
export interface Asked {
  url: string
  method?: string
  headers?: Record<string, string> | (() => Record<string, string>)
  body?: string
  status?: number
}

/** Answers in requests a second over `ms`, by `connections` that each ask again as soon as they were answered. */
export async function rateOf(asked: Asked, { connections = 16, ms = 1_500 } = {}): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const until = performance.now() + ms
  let answered = 0
  const ask = async () => {
    while (performance.now() < until) {
      await answerOf(asked, agent)
      answered++
    }
  }
  const since = performance.now()
  await Promise.all(Array.from({ length: connections }, ask))
  agent.destroy()
  return (answered / (performance.now() - since)) * 1000
}

function answerOf({ url, method = 'GET', headers, body, status = 200 }: Asked, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent, headers: asked(headers) }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === status
          ? resolve()
          : reject(new Error(`${url} answered ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const asked = (headers: Asked['headers']) => (typeof headers === 'function' ? headers() : headers)

/** The middle of three rounds, in which all are asked in turn, so that a slow minute of the machine hits all alike. */
export async function rates<Name extends string>(all: Record<Name, Asked>): Promise<Record<Name, number>> {
  const names = Object.keys(all) as Name[]
  const rounds: Array<Record<Name, number>> = []
  for (const warmUp of [true, false, false, false]) {
    const round = {} as Record<Name, number>
    for (const name of names) round[name] = await rateOf(all[name], { ms: warmUp ? 300 : 1_500 })
    if (!warmUp) rounds.push(round)
  }
  const middle = (name: Name) => rounds.map((round) => round[name]).sort((a, b) => a - b)[1] ?? 0
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<Name, number>
}
