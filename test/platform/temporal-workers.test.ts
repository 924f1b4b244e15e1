import { expect, test, vi } from 'vitest'
import { type QueueLook, workerWatch } from '#platform/temporal-workers'

type Look = QueueLook | 'unreachable' | undefined

/** A watch that sees these looks one after another; the last one repeats. */
const aWatch = (...looks: [Look, ...Look[]]) => {
  let asked = 0
  const look = async () => looks[Math.min(asked++, looks.length - 1)]
  return { obstacle: workerWatch({ look, freshMs: 0, pollsWithinMs: 0 }), asked: () => asked }
}
const polled = (lastPoll: string | undefined, waitingS = 0): Look => ({ lastPoll, waitingS })

test.for([
  ['Temporal knows no poller', [polled(undefined)], 'no_worker'],
  ['a task has waited for 5 s and nobody polls', [polled('8.1', 5)], 'no_worker'],
  ['a task has waited for 5 s and a worker polls', [polled('8.1', 5), polled('8.2', 5)], undefined],
  ['the task that waited is taken', [polled('8.1', 5), polled('8.1', 0)], undefined],
  ['no task waits', [polled('8.1')], undefined],
  ['Temporal gives no answer', ['unreachable'], 'unreachable'],
  ['Temporal gives no second answer', [polled('8.1', 5), 'unreachable'], 'unreachable'],
  ['the server does not say it', [undefined], undefined],
] as const)('when %s, the obstacle is told correctly', async ([, looks, expected]) => {
  const [first, ...more] = looks

  expect(await aWatch(first, ...more).obstacle()).toBe(expected)
})

test('a worker that has not polled for more than a minute is gone, whatever the clocks say', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const { obstacle } = aWatch(polled('1.0'), polled('1.0'), polled('1.0'), polled('2.0'))

  const seen = [await obstacle()]
  vi.advanceTimersByTime(70_000)
  seen.push(await obstacle())
  vi.advanceTimersByTime(10_000)
  seen.push(await obstacle(), await obstacle())
  vi.useRealTimers()

  expect(seen).toEqual([undefined, undefined, 'no_worker', undefined])
})

test('all who ask within some seconds share one answer, also while it is looked for', async () => {
  let asked = 0
  const look = async () => (asked++, polled('1.0'))
  const obstacle = workerWatch({ look, freshMs: 60_000 })

  await Promise.all([obstacle(), obstacle()])
  await obstacle()

  expect(asked).toBe(1)
})

test('a worker that takes no more tasks is not taken for a missing one while Temporal lists it', async () => {
  const looks = [polled('1.0', 500), polled('1.0', 500), polled(undefined)]
  const obstacle = workerWatch({ look: async () => looks.shift(), freshMs: 0, isOftenFull: true })

  expect([await obstacle(), await obstacle(), await obstacle()]).toEqual([undefined, undefined, 'no_worker'])
})

test('that a worker is missing is told once, and once that it is back; an outage says nothing of it', async () => {
  const [here, gone] = [polled('1.0'), polled(undefined)]
  const looks = [here, gone, gone, 'unreachable', gone, here, here] as const
  const told: boolean[] = []
  let asked = 0
  const look = async () => looks[asked++]
  const obstacle = workerWatch({ look, freshMs: 0, onChange: (isGone) => told.push(isGone) })

  for (const _ of looks) await obstacle()

  expect(told).toEqual([true, false])
})
