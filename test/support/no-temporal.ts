import { resumedRun } from '#contracts/ids'
import type { Starter } from '../../src/domain/operations/start-or-join.ts'

/** A Temporal that cannot be reached: no run starts, stops or is seen. */
export const noTemporal: Starter = {
  startOrJoinRun: async () => false,
  cancelRun: async () => false,
  lookAtRun: async () => ({ state: 'unknown' }),
  resumedRun,
}
