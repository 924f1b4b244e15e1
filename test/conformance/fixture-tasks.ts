import { randomUUID } from 'node:crypto'
import { inputRequired } from '@modelcontextprotocol/server'
import { DomainError } from '#kernel/errors'
import type { DetailedTask, Task, Tasks } from '../../src/mcp/operations/task.ts'

const isOver = (task: DetailedTask) => ['completed', 'failed', 'cancelled'].includes(task.status)
export const textResult = (text: string, isError = false) => ({
  content: [{ type: 'text' as const, text }],
  ...(isError && { isError }),
})

/** The tasks of the fixture tools, kept in memory. */
export function fixtureTasks() {
  const known = new Map<string, DetailedTask>()

  function update(id: string, more: Partial<DetailedTask>): void {
    const task = known.get(id)
    if (task && !isOver(task)) known.set(id, { ...task, ...more, lastUpdatedAt: new Date().toISOString() })
  }

  function create(more: Partial<DetailedTask> = {}): Task {
    const at = new Date().toISOString()
    const base: Task = {
      taskId: randomUUID(),
      status: 'working',
      createdAt: at,
      lastUpdatedAt: at,
      ttlMs: 600_000,
      pollIntervalMs: 100,
    }
    const task: DetailedTask = { ...base, ...more }
    known.set(task.taskId, task)
    return { ...base, status: task.status }
  }

  return {
    /** Creates a task that ends by itself after `ms` milliseconds. */
    endsAfter(ms: number, outcome: Pick<DetailedTask, 'status' | 'result' | 'error'>): Task {
      const task = create()
      setTimeout(() => update(task.taskId, outcome), ms).unref()
      return task
    },
    /** Creates a task that completes when all questions are answered. */
    asks(questions: readonly string[]): Task {
      const requests = questions.map((name) => [
        name,
        inputRequired.elicit({
          message: `${name}?`,
          requestedSchema: { type: 'object', properties: { confirm: { type: 'boolean' } } },
        }),
      ])
      return create({ status: 'input_required', inputRequests: Object.fromEntries(requests) })
    },
    tasks: {
      async find(id) {
        const task = known.get(id)
        if (!task) throw new DomainError('not_found', 'task_not_found', 'No such task.')
        return task
      },
      async answer(id, responses) {
        const { inputRequests = {} } = await this.find(id)
        const open = Object.entries(inputRequests).filter(([key]) => !(key in responses))
        if (open.length) return update(id, { inputRequests: Object.fromEntries(open) })
        const { inputRequests: _, ...task } = await this.find(id)
        if (!isOver(task)) known.set(id, { ...task, status: 'completed', result: textResult('Answered.') })
      },
      async cancel(id) {
        await this.find(id)
        update(id, { status: 'cancelled' })
      },
    } satisfies Tasks as Tasks,
  }
}
