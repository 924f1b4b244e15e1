/** The version of MCP Apps that the views speak. */
const PROTOCOL = '2026-01-26'

const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? ''

/** Requests that the host has not answered, by id. */
const open = new Map()
const host = { capabilities: {}, isGone: false }
let lastId = 0

// the host may have any origin, and a view sends nothing that the host does not know
const send = (message) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*')

function request(method, params) {
  lastId += 1
  const id = lastId
  return new Promise((resolve, reject) => {
    open.set(id, { resolve, reject })
    send({ id, method, params })
  })
}

/** Begins the conversation with the host. `onResult` gets the answer of the tool, `onCancelled` nothing. */
export async function connect({ name, onResult, onCancelled }) {
  const listeners = new Map([
    ['ui/notifications/tool-result', onResult],
    ['ui/notifications/tool-cancelled', onCancelled],
    ['ui/notifications/host-context-changed', useContext],
  ])
  window.addEventListener('message', ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== '2.0') return
    if (data.method === undefined) settle(data)
    else if (data.id === undefined) listeners.get(data.method)?.(data.params ?? {})
    else send({ id: data.id, ...answerTo(data.method) })
  })
  const { hostCapabilities = {}, hostContext = {} } = await request('ui/initialize', {
    appInfo: { name: `packagento-${name}`, version: meta('version') },
    appCapabilities: { availableDisplayModes: ['inline'] },
    protocolVersion: PROTOCOL,
  })
  host.capabilities = hostCapabilities
  useContext(hostContext)
  send({ method: 'ui/notifications/initialized', params: {} })
  new ResizeObserver(sendSize).observe(document.documentElement)
}

function settle({ id, result, error }) {
  const asked = open.get(id)
  open.delete(id)
  if (error || result?.isError) asked?.reject(new Error(error?.message ?? 'refused'))
  else asked?.resolve(result ?? {})
}

function answerTo(method) {
  if (method === 'ui/resource-teardown') host.isGone = true
  if (method === 'ping' || host.isGone) return { result: {} }
  return { error: { code: -32601, message: 'Method not found' } }
}

/** The host knows better than the system whether it is light or dark. */
function useContext({ theme }) {
  if (theme === 'light' || theme === 'dark') document.documentElement.style.colorScheme = theme
}

function sendSize() {
  const { width, height } = document.documentElement.getBoundingClientRect()
  const params = { width: Math.ceil(width), height: Math.ceil(height) }
  send({ method: 'ui/notifications/size-changed', params })
}

/** Asks the host to open a page of this market. Refuses every other address. */
export async function openPage(url) {
  if (new URL(url).origin !== meta('market')) throw new Error('not a page of this market')
  return request('ui/open-link', { url })
}

/** Says something to the assistant for the person. */
export const tellAssistant = (text) =>
  request('ui/message', { role: 'user', content: [{ type: 'text', text }] })

/** True while the host passes on calls of a view. */
export const mayRead = () => Boolean(host.capabilities.serverTools) && !host.isGone

/**
 * The row of an operation in the list of its org. The first page has the newest 20. The only call of a view: it reads,
 * and its answer has no keys.
 */
export async function readOperation(org, id) {
  let cursor
  do {
    const page = { org, response_format: 'detailed', ...(cursor && { cursor }) }
    // each page needs the cursor of the one before
    // oxlint-disable-next-line no-await-in-loop
    const { structuredContent } = await request('tools/call', { name: 'list_operations', arguments: page })
    const { items = [], next_cursor: next } = structuredContent ?? {}
    const row = items.find((each) => each.operation_id === id)
    if (row) return row
    // ids sort by time: after an older one there are only older ones
    cursor = items.at(-1)?.operation_id > id ? next : undefined
  } while (cursor)
  return undefined
}
