import type { McpServer } from '@modelcontextprotocol/server'
import { completable, inputRequired, inputResponse, ResourceTemplate } from '@modelcontextprotocol/server'
import { z } from 'zod'

export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

const userMessage = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } })

export function registerResources(server: McpServer): void {
  const plain = { description: 'A fixture', mimeType: 'text/plain' }
  const binary = { description: 'A fixture', mimeType: 'image/png' }
  const text = 'This is the content of the static text resource.'
  server.registerResource('text', 'test://static-text', plain, async ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text }],
  }))
  server.registerResource('binary', 'test://static-binary', binary, async ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: PNG }],
  }))
  server.registerResource('watched', 'test://watched-resource', plain, async ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'watched' }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  const json = { description: 'A fixture', mimeType: 'application/json' }
  server.registerResource('template', template, json, async ({ href: uri }, { id }) => {
    const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` })
    return { contents: [{ uri, mimeType: 'application/json', text: data }] }
  })
}

export function registerPrompts(server: McpServer): void {
  const description = 'A fixture'
  server.registerPrompt('test_simple_prompt', { description }, async () => ({
    messages: [userMessage('This is a simple prompt for testing.')],
  }))
  const city = completable(z.string(), (value) =>
    ['paris', 'park', 'party'].filter((w) => w.startsWith(value)),
  )
  const two = z.object({ arg1: city, arg2: z.string() })
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description, argsSchema: two },
    async ({ arg1, arg2 }) => ({
      messages: [userMessage(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
    }),
  )
  const argsSchema = z.object({ resourceUri: z.string() })
  const text = 'Embedded resource content for testing.'
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description, argsSchema },
    async ({ resourceUri: uri }) => ({
      messages: [
        { role: 'user', content: { type: 'resource', resource: { uri, mimeType: 'text/plain', text } } },
        userMessage('Please process the embedded resource above.'),
      ],
    }),
  )
  server.registerPrompt('test_prompt_with_image', { description }, async () => ({
    messages: [
      { role: 'user', content: { type: 'image', data: PNG, mimeType: 'image/png' } },
      userMessage('Please analyze the image above.'),
    ],
  }))
  server.registerPrompt('test_input_required_result_prompt', { description }, async ({ mcpReq }) => {
    const response = inputResponse(mcpReq.inputResponses, 'user_context')
    if (response.kind === 'elicit') return { messages: [userMessage(JSON.stringify(response.content))] }
    const question = inputRequired.elicit({
      message: 'What context should the prompt use?',
      requestedSchema: { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] },
    })
    return inputRequired({ inputRequests: { user_context: question } })
  })
}
