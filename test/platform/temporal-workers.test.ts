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
