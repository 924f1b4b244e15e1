import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'
import { processesBelow } from '../support/a-sandbox.ts'
import { aRandom, seedOf } from '../support/random.ts'
import { type Deployment, startDeployment } from '../../scripts/prove/deployment.ts'
import { proveRound } from '../../scripts/prove/rounds.ts'

/** Kills the worker, then the stand-in for the bank. */
const SEED = 35

/** The short form of `npm run prove`. */
describe.skipIf(!inject('timeSkippingServer'))(
  'purchases while parts are killed',
  { timeout: 180_000 },
  () => {
    test('every purchase ends as it should, and rows, bank and runs agree, although parts are killed', async () => {
      const before = processesBelow(process.pid)
      const deployment = await startDeployment()
      try {
        const { below } = aRandom(seedOf(SEED))
        const round = await proveRound(deployment, { purchases: 4, seconds: 2, restSeconds: 90, below })

        expect(round.faults).toEqual([])
        expect(round.killed).toHaveLength(2)
        expect(round.ended.map(({ how }) => how)).toEqual(Array.from({ length: 4 }, () => 'completed'))
        // an operator's command says the same, with nothing but the settings of the worker
        expect(await reconciled(deployment)).toBe('Rows, bank and runs agree.\n')
      } finally {
        await deployment.stop()
      }
      expect(processesBelow(process.pid).filter((pid) => !before.includes(pid))).toEqual([])
      expect(fs.existsSync(deployment.folder)).toBe(false)
    })
  },
)

const reconciled = async ({ env }: Deployment) =>
  (
    await promisify(execFile)(process.execPath, ['scripts/admin.ts', 'reconcile', '--dry-run'], {
      env: { ...process.env, ...env },
    })
  ).stdout
