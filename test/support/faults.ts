import type { Activities } from '#activities'

/** Steps that go wrong, made of sound ones. */
export type Fault = (activities: Activities) => Activities

/** The step does its work and then its answer is lost, `times` times. */
export const losingTheAnswerOf =
  (step: keyof Activities, times: number): Fault =>
  (activities) => {
    let left = times
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const faulty = async (input: unknown) => {
      const answer = await original(input)
      if (left-- > 0) throw new Error('the answer was lost')
      return answer
    }
    return { ...activities, [step]: faulty }
  }

/** Something happens just before the step's first try. */
export const justBefore =
  (step: keyof Activities, happens: () => Promise<unknown>): Fault =>
  (activities) => {
    let pending: Promise<unknown> | undefined
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const later = async (input: unknown) => {
      await (pending ??= happens())
      return original(input)
    }
    return { ...activities, [step]: later }
  }
