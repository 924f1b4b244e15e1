import { aRun, SOON } from './a-run.ts'
import { aDatabase } from './database.ts'
import { aMcpDoor, aPerson, type McpDoor, modern, type Person, type Rpc, send } from './mcp.ts'

const TOOL = 'start_add_payment_method'
export const CARD = { payment_method: { id: 'pm_1', brand: 'visa', last4: '4242', is_default: true } }
export const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } }
export const TASKS_AND_URLS = { ...TASKS, elicitation: { url: {} } }

/** An MCP endpoint, and people whose clients declare tasks and, by default, URLs. */
export async function aTaskDoor() {
  const database = await aDatabase()
  const { db } = database
  let waitsAtOnce = false
  const door: McpDoor = await aMcpDoor({
    db,
    pace: SOON,
    async startOrJoinRun({ operationId }) {
      if (waitsAtOnce) await aRun(db, operationId).waits()
      return waitsAtOnce
    },
    async cancelRun(workflowId) {
      const of = db.selectFrom('operations').select('id').where('workflow_id', '=', workflowId)
      const { id } = await of.executeTakeFirstOrThrow()
      await aRun(db, id, 5).isCancelled()
      return true
    },
  })

  async function ask(
    { token }: Pick<Person, 'token'>,
    method: string,
    params: Record<string, unknown>,
    capabilities: object = TASKS_AND_URLS,
    at = door,
  ) {
    const { status, rpc } = await send(at, { ...modern(method, params, { capabilities }), token })
    return { status, ...rpc() }
  }

  const call = (by: Pick<Person, 'token'>, capabilities: object = TASKS_AND_URLS, more: object = {}) =>
    ask(
      by,
      'tools/call',
      { name: TOOL, arguments: { idempotency_key: 'a-card-for-us' }, ...more },
      capabilities,
    )

  /** A running or waiting task of a new person, and the run behind it. */
  async function aTask({
    capabilities = TASKS_AND_URLS,
    waits = false,
  }: { capabilities?: object; waits?: boolean } = {}) {
    const ann = await aPerson(db)
    waitsAtOnce = waits
    const created = await call(ann, capabilities)
    waitsAtOnce = false
    const run = aRun(db, door.runs.at(-1)?.operationId ?? 'op_none', waits ? 1 : 0)
    const get = async (more = capabilities) => (await ask(ann, 'tasks/get', { taskId: run.id }, more)).result
    const update = (inputResponses: object) =>
      ask(ann, 'tasks/update', { taskId: run.id, inputResponses }, capabilities)
    return { ann, run, created, get, update }
  }

  return { db, door, ask, call, aTask, close: () => door.close().then(database.close) }
}

export const questionIn = (task: Rpc['result']): string => Object.keys(task?.inputRequests ?? {})[0] ?? 'none'
