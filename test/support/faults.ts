import { ApplicationFailure, ApplicationFailureCategory, type Duration } from '@temporalio/common'
import type { Activities, IngestActivities } from '#activities'
import type { OperationId } from '#kernel/ids'

/** The steps of all queues. */
export type Steps = Activities & IngestActivities

/** Turns working steps into steps with a fault. */
export type Fault = (activities: Steps) => Steps

/** Puts faults together. */
export const together =
  (...faults: Fault[]): Fault =>
  (activities) =>
    faults.reduce((steps, fault) => fault(steps), activities)

/** More attempts than any step gets, before a charge or in the three days after it. */
export const ALWAYS = 1_000_000

/** An outage: the connection was lost with the result. No defect of ours, which an operator would have to look at. */
export const lostResult = () => Object.assign(new Error('the result was lost'), { code: '08006' })

/** The step does its work, but its first `times` results are lost. `lost` returns how many were lost so far. */
export function losingResultsOf(step: keyof Steps, times: number): Fault & { lost: () => number } {
  let lost = 0
  const fault: Fault = (activities) => {
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const faulty = async (input: unknown) => {
      const result = await original(input)
      if (lost === times) return result
      lost++
      throw lostResult()
    }
    return { ...activities, [step]: faulty }
  }
  return Object.assign(fault, { lost: () => lost })
}

/**
 * The failed attempts of a fault have this pause between them instead of their usual one. With hours, a test lives
 * through three days of retries with a dozen attempts instead of 860.
 */
export const withPauses =
  (pause: Duration, fault: Fault): Fault =>
  (steps) => {
    const faulty = fault(steps)
    return eachStep(faulty, (name, working) => {
      if (faulty[name] === steps[name]) return working
      return (input) =>
        working(input).catch((error: unknown) => {
          if (!(error instanceof Error) || error instanceof ApplicationFailure) throw error
          throw retriedAfter(pause, error)
        })
    })
  }

/** The attempts of a fault follow each other at once, where a test cannot skip the pauses between them. */
export const withoutPauses = (fault: Fault): Fault => withPauses(1, fault)

/** An error of a step with the pause until the next attempt. An error with a code is an outage. */
const retriedAfter = (pause: Duration, error: Error) =>
  ApplicationFailure.create({
    type: 'step_failed',
    message: error.message,
    nextRetryDelay: pause,
    ...('code' in error && { category: ApplicationFailureCategory.BENIGN }),
  })

/**
 * The first attempt of this step for each operation finds an outage that takes so long. For a look it replaces most of
 * a day of looks, where only the end of the day matters.
 */
export const awayFor =
  (pause: Duration, step: keyof Steps): Fault =>
  (steps) => {
    const met = new Set<OperationId>()
    const original = steps[step] as (input: unknown) => Promise<unknown>
    const away = async (input: { operationId: OperationId }) => {
      if (met.has(input.operationId)) return original(input)
      met.add(input.operationId)
      throw retriedAfter(pause, lostResult())
    }
    return { ...steps, [step]: away }
  }

/** Runs `happens` once, just before the first attempt of the step. */
export const justBefore =
  (step: keyof Steps, happens: (input: { operationId: OperationId }) => Promise<unknown>): Fault =>
  (activities) => {
    let pending: Promise<unknown> | undefined
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const later = async (input: { operationId: OperationId }) => {
      await (pending ??= happens(input))
      return original(input)
    }
    return { ...activities, [step]: later }
  }

/** The step is refused, without doing anything. */
export const refusing =
  (step: keyof Steps): Fault =>
  (activities) => ({
    ...activities,
    [step]: () =>
      Promise.reject(
        ApplicationFailure.create({
          message: 'No.',
          type: 'repository_not_accessible',
          nonRetryable: true,
          category: ApplicationFailureCategory.BENIGN,
        }),
      ),
  })

type Step = (input: unknown) => Promise<unknown>

/** Replaces each step by the one that `make` returns for it. */
export const eachStep = (steps: Steps, make: (name: keyof Steps, working: Step) => Step): Steps =>
  Object.fromEntries(
    Object.entries(steps).map(([name, working]) => [name, make(name as keyof Steps, working as Step)]),
  ) as unknown as Steps

/**
 * The first attempt of each step is given up while it works, as after a timeout, and goes on beside the second one.
 * `settled` waits until these first attempts have ended, and returns the names of their steps.
 */
export function overtaking(): Fault & { settled: () => Promise<(keyof Steps)[]> } {
  const overtaken = new Map<keyof Steps, Promise<unknown>>()
  const fault: Fault = (steps) =>
    eachStep(steps, (name, working) => (input) => {
      if (overtaken.has(name)) return working(input)
      overtaken.set(name, Promise.allSettled([working(input)]))
      return Promise.reject(new Error('the attempt took too long'))
    })
  return Object.assign(fault, {
    async settled() {
      await Promise.all(overtaken.values())
      return [...overtaken.keys()]
    },
  })
}
