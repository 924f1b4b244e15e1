import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlannedFault } from './sim.ts'

/** Takes the next planned fault of a call. */
export function takeFault(faults: PlannedFault[], call: string): PlannedFault | undefined {
  const found = faults.find(({ match }) => new RegExp(match).test(call))
  if (found && --found.times === 0) faults.splice(faults.indexOf(found), 1)
  return found
}

/** Answers as a planned fault says. Returns false when the call goes on. */
export async function isAnswered(
  { answer, ms, to }: PlannedFault,
  response: ServerResponse,
): Promise<boolean> {
  if (answer === 'lost') return false
  if (answer === 'slow') {
    await sleep(ms)
    return false
  }
  if (answer === 'redirect') {
    response.writeHead(302, { location: to ?? 'http://127.0.0.1:1/' }).end()
    return true
  }
  const isLimit = answer === '429' || answer === 'limited'
  const headers = isLimit ? { 'retry-after': '7' } : {}
  response
    .writeHead(answer === 'limited' ? 403 : Number(answer), {
      'content-type': 'application/json',
      ...headers,
    })
    .end('{"message":"…"}')
  return true
}
