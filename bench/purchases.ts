// npm run bench:purchases [-- --purchases N]: buys with 50 purchases in flight, by one worker and by two. Prints purchases
// a second, how long one takes, and how much CPU each process needs for one.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { callTool } from '../scripts/prove/assistant.ts'
import { aBuyer, aPerson, type Buyer } from '../scripts/prove/buyers.ts'
import { type Deployment, startDeployment } from '../scripts/prove/deployment.ts'
import { cpuBetween, type CpuTimes, cpuTimes } from './cpu.ts'

const ORGS = 16
const IN_FLIGHT = 50
const PACKAGES = ['northwind/module-search']

const { values } = parseArgs({ options: { purchases: { type: 'string', default: '200' } } })
const count = Number(values.purchases)
if (!Number.isInteger(count) || count < IN_FLIGHT)
  throw new RangeError(`--purchases is at least ${IN_FLIGHT}`)

for (const workers of [1, 2]) {
  const deployment = await startDeployment({ workers })
  try {
    const person = await aPerson(deployment)
    const buyers = await Promise.all(
      Array.from({ length: ORGS }, () =>
        aBuyer(deployment, person, { card: 'works', mostPerPurchase: 10_000 }),
      ),
    )
    await buyAll(deployment, buyers, IN_FLIGHT) // warms up
    const before = cpuOf(deployment)
    const begun = performance.now()
    const ms = (await buyAll(deployment, buyers, count)).sort((a, b) => a - b)
    const seconds = (performance.now() - begun) / 1000
    const after = cpuOf(deployment)
    const at = (part: number) => ((ms[Math.floor(ms.length * part)] ?? NaN) / 1000).toFixed(1)
    console.log(
      `${workers} worker${workers > 1 ? 's' : ''}, ${IN_FLIGHT} in flight, ${ORGS} orgs: ${(count / seconds).toFixed(1)} purchases a second, p50 ${at(0.5)} s, p95 ${at(0.95)} s`,
    )
    for (const [name, times] of after)
      console.log(`  ${name}: ${Math.round(cpuBetween(before.get(name), times) / count)} ms of CPU for each`)
  } finally {
    await deployment.stop()
  }
}

/** Returns how long each purchase took, in ms. */
async function buyAll(
  { publicUrl }: Deployment,
  buyers: readonly Buyer[],
  purchases: number,
): Promise<number[]> {
  const ms: number[] = []
  let next = 0
  const buyOn = async () => {
    while (next < purchases) {
      const buyer = buyers[next++ % buyers.length]
      if (buyer) ms.push(await buy(publicUrl, buyer))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, buyOn))
  return ms
}

async function buy(publicUrl: string, buyer: Buyer): Promise<number> {
  const begun = performance.now()
  const idempotency_key = randomUUID()
  const input = { packages: PACKAGES, new_project: { name: idempotency_key }, idempotency_key }
  let answer = await callTool(publicUrl, buyer, ['purchase_and_install_package', input])
  while (answer.status === 'running') {
    await sleep(20)
    const asked = { operation_id: answer.operation_id, wait_ms: 10_000 }
    answer = await callTool(publicUrl, buyer, ['get_operation', asked])
  }
  if (answer.status !== 'completed') throw new Error(`a purchase ended as ${JSON.stringify(answer)}`)
  return performance.now() - begun
}

function cpuOf({ parts }: Deployment): Map<string, CpuTimes | undefined> {
  return new Map(parts.map(({ name, pid }) => [name, cpuTimes([pid()], pid())]))
}
