import { describe, expect, test } from 'vitest'
import { resumedRun, syncRun } from '#contracts/ids'
import { mintId } from '#kernel/ids'
import { gaveUp, lost } from '../../../src/workflows/refusals.ts'

const at = new Date('2026-11-23T10:00:00Z')
const [operationId, orgId] = [mintId('op', at, Math.random), mintId('org', at, Math.random)]
const runOf = (story: string, isUndo: boolean) =>
  resumedRun({ story, operationId, orgId }, { attempt: 6, isUndo }).workflowId

describe('the sentence of an operation that ended by a fault of ours', () => {
  test.for([
    ['publish_package', 'what was published stays.', 'nothing of it was published.'],
    ['sync_package', 'what was published stays.', 'what was published stays.'],
  ] as const)(
    '%s says what happened to the publication, and nothing about money',
    ([story, ofLost, ofGivenUp]) => {
      const said = [lost(runOf(story, true)), gaveUp(runOf(story, false))].map(({ message }) => message)

      expect(said).toEqual([
        `It was interrupted on our side and could not go on; ${ofLost}`,
        `It did not work because of a fault on our side; ${ofGivenUp}`,
      ])
    },
  )

  test('a look at the tags of a package says nothing about money', () => {
    const { workflowId } = syncRun(mintId('pkg', at, Math.random))

    expect(gaveUp(workflowId).message).toMatch(/; what was published stays\.$/)
  })

  test.for(['purchase_and_install_package', 'checkout_cart'])('%s says that nothing is owed', (story) => {
    for (const { message } of [lost(runOf(story, true)), gaveUp(runOf(story, false))])
      expect(message).toMatch(/; nothing was charged, or it was paid back\.$/)
  })
})
