import { ApplicationFailure } from '@temporalio/common'
import { eachStep, type Fault, type Steps } from '../support/faults.ts'

/** The first attempt of the step fails, and the next one is hours later: a long wait in a short history. */
export const away = (step: keyof Steps, hours: number): Fault => {
  let isFirst = true
  return (steps) =>
    eachStep(steps, (name, working) => async (input) => {
      if (name !== step || !isFirst) return working(input)
      isFirst = false
      throw ApplicationFailure.create({ message: 'It is away.', nextRetryDelay: `${hours}h` })
    })
}
