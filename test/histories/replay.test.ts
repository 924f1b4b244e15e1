import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import * as workflows from '../../src/workflows/index.ts'
import { aNextBuild, checkingTwice, checkingTwicePatched } from '../support/a-next-build.ts'
import { historiesIn, type Recorded, stepsIn } from './history.ts'
import { refusedReplays } from './replay.ts'

const SOURCES = path.resolve(import.meta.dirname, '../../src/workflows')
const recorded = historiesIn(import.meta.dirname)

/** The workflow types that no history shows. */
const unrecorded = (types: readonly string[]) =>
  types.filter((type) => !recorded.some((each) => each.type === type))

/** All steps that the stories call. */
function stepsOfStories(): string[] {
  const code = fs
    .readdirSync(SOURCES)
    .map((name) => fs.readFileSync(path.join(SOURCES, name), 'utf8'))
    .join('\n')
  const ways = [...code.matchAll(/(\w+) = proxyActivities</g)].map(([, name]) => name)
  const calls = code.matchAll(new RegExp(`\\b(?:${ways.join('|')})\\s*\\.(\\w+)`, 'g'))
  return [...new Set([...calls].map(([, name = '']) => name))].toSorted()
}

const renamed = (each: Recorded): Recorded => ({
  ...each,
  history: JSON.parse(
    JSON.stringify(each.history).replaceAll('"activityType":{"name":"', '"activityType":{"name":"another_'),
  ) as Recorded['history'],
})

describe('the recorded histories', () => {
  test('the stories of this checkout continue every run that was recorded', async () => {
    expect(await refusedReplays(inject('workflowBundle'), recorded)).toEqual([])
  })

  test('every story has histories, and a story without one is noticed', () => {
    expect(unrecorded(Object.keys(workflows))).toEqual([])
    expect(unrecorded(['checkoutCart', 'aNewStory'])).toEqual(['aNewStory'])
  })

  test('every step of every story is in a history', () => {
    const steps = new Set(recorded.flatMap(({ history }) => stepsIn(history)))

    expect(stepsOfStories().length).toBeGreaterThan(30)
    expect(stepsOfStories().filter((step) => !steps.has(step))).toEqual([])
  })

  test('every history notices a step that has another name', async () => {
    const refused = await refusedReplays(inject('workflowBundle'), recorded.map(renamed))

    expect(refused).toHaveLength(recorded.length)
  })

  test('a step that somebody adds without a patch is refused, with what to do', async () => {
    const { bundle, remove } = aNextBuild(checkingTwice)

    const refused = await refusedReplays(bundle, recorded)

    remove()
    expect(refused).toContainEqual(
      expect.stringMatching(
        /^purchaseAndInstallPackage\/confirmed-at-the-bank: .*patched\(\).*CONTRIBUTING\.md/,
      ),
    )
    expect(refused.filter((each) => !/^(purchaseAndInstallPackage|checkoutCart)\//.test(each))).toEqual([])
  })

  test('the same step behind a patch is accepted', async () => {
    const { bundle, remove } = aNextBuild(checkingTwicePatched)
    const purchases = recorded.filter(({ type }) => type === 'purchaseAndInstallPackage')

    const refused = await refusedReplays(bundle, purchases)

    remove()
    expect(refused).toEqual([])
  })
})
