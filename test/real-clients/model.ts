import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation } from './conversation.ts'
import { listening } from './wire.ts'

/** A request of a client to its model's provider. */
export interface Asked {
  method: string
  path: string
  /** Parsed; empty when there was none. */
  body: unknown
}

/** What a request lets the model know: the tools it may call, and results of its calls by their ids. */
export interface Heard {
  offered: string[]
  results: { id: string; text: string }[]
}

/** A tool to call, or last words. */
export type Move = { call: { id: string; name: string; input: Record<string, unknown> } } | { words: string }

/** How a provider's protocol says these things. */
export interface Dialect {
  /** Nothing when the request does not ask for a turn of the model. */
  heard: (asked: Asked) => Heard | undefined
  said: (move: Move, asked: Asked) => { type: string; body: string }
  /** The answer to all other requests; without it, 404. */
  otherwise?: (asked: Asked) => object | undefined
}

/** What a client's model has to say and to hear. */
export interface Script {
  dialect: Dialect
  /** What the client puts before the names of our tools. */
  prefix: string
  conversation: Conversation
}

/**
 * Runs a client with a model that does not think: it makes the calls of a conversation one by one. Answers the tools
 * of ours that it was offered, by our names; throws what the conversation threw.
 */
export async function withModel(script: Script, run: (url: string) => Promise<unknown>): Promise<string[]> {
  const model = await aModel(script)
  try {
    await run(model.url)
  } finally {
    model.close()
  }
  if (model.failure()) throw new Error('the conversation failed', { cause: model.failure() })
  return model.offered()
}

async function aModel({ dialect, prefix, conversation }: Script) {
  const offered = new Set<string>()
  const ours = (name: string) => name.startsWith(prefix)
  let pending: Extract<Move, { call: unknown }> | undefined
  let failure: unknown

  /** A request that has no result of the last call is a retry, and gets the same call again. */
  async function moveOn({ results }: Heard): Promise<Move> {
    const result = results.find(({ id }) => id === pending?.call.id)
    if (pending && !result) return pending
    const next = await conversation.next(result?.text ?? '')
    if (next.done) return { words: 'Done.' }
    const { tool, input } = next.value
    pending = { call: { id: `call_${randomBytes(12).toString('hex')}`, name: `${prefix}${tool}`, input } }
    return pending
  }

  async function moveOf(heard: Heard): Promise<Move> {
    const names = heard.offered.filter(ours)
    for (const name of names) offered.add(name.slice(prefix.length))
    // clients also ask for titles and the like, without tools
    if (!names.length || failure) return { words: 'Nothing to do.' }
    return moveOn(heard).catch((e: unknown) => {
      failure = e
      return { words: 'I give up.' }
    })
  }

  const server = createServer((request, answer) => {
    void (async () => {
      const said = await text(request)
      const { method = '', url: path = '' } = request
      const asked: Asked = { method, path, body: said ? JSON.parse(said) : {} }
      const heard = dialect.heard(asked)
      if (heard) {
        const { type, body } = dialect.said(await moveOf(heard), asked)
        answer.writeHead(200, { 'content-type': type }).end(body)
      } else {
        const other = dialect.otherwise?.(asked)
        answer.writeHead(other ? 200 : 404, { 'content-type': 'application/json' })
        answer.end(JSON.stringify(other ?? { error: { message: 'not found' } }))
      }
    })().catch((e: unknown) => {
      failure ??= e
      answer.destroy()
    })
  })
  return {
    url: await listening(server),
    offered: () => [...offered],
    failure: () => failure,
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

/** A body of server-sent events, named after their type where the protocol does so. */
export function events(all: readonly object[], { named = false } = {}): { type: string; body: string } {
  const lines = all.map((event) => {
    const name = named && 'type' in event ? `event: ${String(event.type)}\n` : ''
    return `${name}data: ${JSON.stringify(event)}\n\n`
  })
  return { type: 'text/event-stream', body: lines.join('') }
}
