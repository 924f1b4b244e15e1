import { describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { endRuns } from '../../../scripts/reconcile/end-runs.ts'
import { runOf } from '../../support/a-restored-database.ts'

/** Open runs, what the command prints about them, and which of them it ended. */
function openRuns(count: number) {
  const ids = Array.from({ length: count }, () => mintId('op', Date.now(), Math.random))
  const open = ids.map(runOf)
  const ended: string[] = []
  let broken: string | undefined
  const runs = {
    openRuns: async () => [...open],
    async terminate(workflowId: string) {
      if (workflowId === broken) throw new Error('a text of the server')
      ended.push(workflowId)
    },
  }
  return {
    open: open.map(({ workflowId }) => workflowId),
    ended,
    begins: () => open.push(runOf(mintId('op', Date.now(), Math.random))),
    breaks: (workflowId: string | undefined) => void (broken = workflowId),
    command: async (mark?: string) => {
      const said: string[] = []
      const isAllEnded = await endRuns({ runs, say: (line) => void said.push(line) }, mark)
      return { said, isAllEnded, mark: /--end-runs --close (\w+)$/.exec(said.at(-1) ?? '')?.[1] }
    },
  }
}

describe('npm run admin -- reconcile --end-runs', () => {
  test('open runs are shown first, and are ended only by the mark of that list', async () => {
    const { open, ended, command } = openRuns(2)

    const shown = await command()
    const endedWithoutMark = [...ended]
    const closed = await command(shown.mark)

    expect(shown.said.slice(0, 2)).toEqual(open.map((id) => `The run ${id} is open. → end the run.`))
    expect(shown.said.at(-1)).toContain('To end 2 of 2: npm run admin -- reconcile --end-runs --close ')
    expect([shown.isAllEnded, endedWithoutMark]).toEqual([false, []])
    expect([closed.isAllEnded, ended]).toEqual([true, open])
  })

  test('no run is ended when another one has begun since the list was shown', async () => {
    const { ended, begins, command } = openRuns(1)
    const { mark } = await command()
    begins()

    const closed = await command(mark)

    expect(closed.said.at(-1)).toBe('The list has changed since you looked; nothing was done.')
    expect([closed.isAllEnded, ended]).toEqual([false, []])
  })

  test('a run that cannot be ended does not hold up the others, and is named without a text of the server', async () => {
    const { open, ended, breaks, command } = openRuns(3)
    const [first = '', ...others] = open
    breaks(first)

    const closed = await command((await command()).mark)

    expect(closed.said).toContain(`${first} could not be closed: Error. Look again.`)
    expect([closed.isAllEnded, ended]).toEqual([false, others])
  })

  test('nothing is left to do when no run is open', async () => {
    expect(await openRuns(0).command()).toMatchObject({
      said: ['No run of an operation is open.'],
      isAllEnded: true,
    })
  })
})
