import type { Activities } from '#activities'
import type { OperationId } from '#kernel/ids'

/** Steps that go wrong, made of sound ones. */
export type Fault = (activities: Activities) => Activities

/** More tries than any step gets before the money, or in the three days after it. */
export const ALWAYS = 1_000_000

/** The step does its work and then its answer is lost, `times` times; `lost` says how often it was. */
export function losingTheAnswerOf(step: keyof Activities, times: number): Fault & { lost: () => number } {
  let lost = 0
  const fault: Fault = (activities) => {
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const faulty = async (input: unknown) => {
      const answer = await original(input)
      if (lost === times) return answer
      lost++
      throw new Error('the answer was lost')
    }
    return { ...activities, [step]: faulty }
  }
  return Object.assign(fault, { lost: () => lost })
}

/** Something happens just before the step's first try. */
export const justBefore =
  (step: keyof Activities, happens: (input: { operationId: OperationId }) => Promise<unknown>): Fault =>
  (activities) => {
    let pending: Promise<unknown> | undefined
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const later = async (input: { operationId: OperationId }) => {
      await (pending ??= happens(input))
      return original(input)
    }
    return { ...activities, [step]: later }
  }
