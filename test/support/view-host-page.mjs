// The page of a host that shows views: the bridge of the SDK of MCP Apps, with one view in a frame.
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge'

const CAPABILITIES = { openLinks: {}, serverTools: {}, message: { text: {} } }

/** What the view has asked for. */
window.asked = { links: [], messages: [], calls: [], sizes: [] }
/** What the host answers to calls of the view, in pages as `list_operations` has them. */
window.rows = []
const ROWS_OF_A_PAGE = 20

window.showView = async ({
  address,
  theme,
  result,
  cancelled,
  capabilities = CAPABILITIES,
  refuses = false,
}) => {
  for (const list of Object.values(window.asked)) list.length = 0
  document.querySelector('iframe')?.remove()
  const frame = document.createElement('iframe')
  frame.title = 'The view'
  frame.setAttribute('sandbox', 'allow-scripts')
  document.body.append(frame)

  const options = { hostContext: { theme } }
  const bridge = new AppBridge(null, { name: 'a-test-host', version: '1.0.0' }, capabilities, options)
  bridge.onopenlink = async ({ url }) => {
    window.asked.links.push(url)
    return refuses ? { isError: true } : {}
  }
  bridge.onmessage = async ({ content }) => {
    window.asked.messages.push(content)
    return refuses ? { isError: true } : {}
  }
  bridge.oncalltool = async (call) => {
    window.asked.calls.push(call)
    const { cursor = '0' } = call.arguments
    const end = Number(cursor) + ROWS_OF_A_PAGE
    const next = end < window.rows.length && { next_cursor: String(end) }
    return { content: [], structuredContent: { items: window.rows.slice(Number(cursor), end), ...next } }
  }
  bridge.addEventListener('sizechange', ({ height }) => {
    window.asked.sizes.push(height)
    if (height) frame.style.height = `${height}px`
  })
  const ready = new Promise((resolve) => bridge.addEventListener('initialized', resolve))
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow))
  frame.src = address
  await ready
  await bridge.sendToolInput({ arguments: {} })
  if (cancelled) await bridge.sendToolCancelled({ reason: 'the user stopped it' })
  if (result) await bridge.sendToolResult(result)
  window.bridge = bridge
}

/** Waits until the view has answered, so that everything it sent before has arrived. */
window.settled = () =>
  new Promise((resolve) => {
    const heard = ({ data }) => {
      if (data?.id !== 'settled') return
      window.removeEventListener('message', heard)
      resolve()
    }
    window.addEventListener('message', heard)
    const view = document.querySelector('iframe').contentWindow
    view.postMessage({ jsonrpc: '2.0', id: 'settled', method: 'ping' }, '*')
  })
