import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Conversation } from './conversation.ts'
import { listening } from './wire.ts'

/** A request of a client to the provider of its model. */
export interface ModelRequest {
  method: string
  path: string
  /** The parsed JSON, or an empty object when there was no body. */
  body: unknown
}

/**
 * What a request contains for the model: the tools it may call, and the results of its calls by their ids.
 */
export interface Turn {
  offered: string[]
  results: { id: string; text: string }[]
}

/** The response of the model: a call of a tool, or a final text. */
export type ModelReply =
  | { call: { id: string; name: string; input: Record<string, unknown> } }
  | { text: string }

/** Translates between the protocol of a provider and our types. */
export interface Dialect {
  /** Returns undefined when the request does not ask for a turn of the model. */
  parse: (request: ModelRequest) => Turn | undefined
  format: (reply: ModelReply, request: ModelRequest) => { type: string; body: string }
  /** The response to every other request. Without it, the response is 404. */
  otherwise?: (request: ModelRequest) => object | undefined
}

/** The part that the model plays in a session. */
export interface Script {
  dialect: Dialect
  /** The prefix that the client adds to the names of our tools. */
  prefix: string
  conversation: Conversation
}

/**
 * Runs a client with a scripted model, which makes the calls of a conversation one by one. Returns the
 * tools that the client offered to the model, by the names at our endpoint. Throws the error of the conversation.
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
  let pending: Extract<ModelReply, { call: unknown }> | undefined
  let failure: unknown

  /** A request without the result of the last call is a retry, so it gets the same call again. */
  async function continueWith({ results }: Turn): Promise<ModelReply> {
    const result = results.find(({ id }) => id === pending?.call.id)
    if (pending && !result) return pending
    const next = await conversation.next(result?.text ?? '')
    if (next.done) return { text: 'Done.' }
    const { tool, input } = next.value
    pending = { call: { id: `call_${randomBytes(12).toString('hex')}`, name: `${prefix}${tool}`, input } }
    return pending
  }

  async function replyTo(turn: Turn): Promise<ModelReply> {
    const names = turn.offered.filter(ours)
    for (const name of names) offered.add(name.slice(prefix.length))
    // clients also send requests without tools, for titles for example
    if (!names.length || failure) return { text: 'Nothing to do.' }
    return continueWith(turn).catch((e: unknown) => {
      failure = e
      return { text: 'I give up.' }
    })
  }

  const server = createServer((incoming, response) => {
    void (async () => {
      const received = await text(incoming)
      const { method = '', url: path = '' } = incoming
      const request: ModelRequest = { method, path, body: received ? JSON.parse(received) : {} }
      const turn = dialect.parse(request)
      if (turn) {
        const { type, body } = dialect.format(await replyTo(turn), request)
        response.writeHead(200, { 'content-type': type }).end(body)
      } else {
        const other = dialect.otherwise?.(request)
        response.writeHead(other ? 200 : 404, { 'content-type': 'application/json' })
        response.end(JSON.stringify(other ?? { error: { message: 'not found' } }))
      }
    })().catch((e: unknown) => {
      failure ??= e
      response.destroy()
    })
  })
  return {
    url: await listening(server),
    offered: () => [...offered],
    failure: () => failure,
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

/** A body of server-sent events. With `named`, each event has the name of its type. */
export function events(all: readonly object[], { named = false } = {}): { type: string; body: string } {
  const lines = all.map((event) => {
    const name = named && 'type' in event ? `event: ${String(event.type)}\n` : ''
    return `${name}data: ${JSON.stringify(event)}\n\n`
  })
  return { type: 'text/event-stream', body: lines.join('') }
}
