import { ApplicationFailure } from '@temporalio/common'
import type { Activities, IngestActivities } from '#activities'
import type { OperationId } from '#kernel/ids'

/** The steps of all queues. */
export type Steps = Activities & IngestActivities

/** Turns working steps into steps with a fault. */
export type Fault = (activities: Steps) => Steps

/** More attempts than any step gets, before a charge or in the three days after it. */
export const ALWAYS = 1_000_000

/** The step does its work, but its first `times` results are lost. `lost` returns how many were lost so far. */
export function losingResultsOf(step: keyof Steps, times: number): Fault & { lost: () => number } {
  let lost = 0
  const fault: Fault = (activities) => {
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const faulty = async (input: unknown) => {
      const result = await original(input)
      if (lost === times) return result
      lost++
      throw new Error('the result was lost')
    }
    return { ...activities, [step]: faulty }
  }
  return Object.assign(fault, { lost: () => lost })
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
    [step]: () => Promise.reject(ApplicationFailure.nonRetryable('No.', 'repository_not_accessible')),
  })
