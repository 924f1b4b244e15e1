import type { z } from 'zod'
import type { ToolError } from './refusal.ts'
import { type Format, shaped } from './shape.ts'

/** As `tools/call` sends it. A type, not an interface: the SDK wants its index signature. */
export type ToolResult = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/**
 * What a tool returns, checked by its output and shaped for a model. It is sent twice: some clients show a model the
 * text, some the structured content. What does not fit is a bug and throws.
 */
export function checkedResult<Out extends z.ZodObject>(
  { name, output }: { name: string; output: Out },
  result: z.input<Out>,
  { format = 'concise', failed = false }: { format?: Format | undefined; failed?: boolean } = {},
): ToolResult {
  const checked = output.safeParse(result)
  if (!checked.success) {
    const [issue] = checked.error.issues
    throw new Error(`the output of ${name} has a mismatch at ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const shown = shaped(output, result, format) as Record<string, unknown>
  const text = JSON.stringify(shown)
  return { content: [{ type: 'text', text }], structuredContent: shown, ...(failed && { isError: true }) }
}

/**
 * Text only: a client of the first SDK throws on structured content that misfits the output schema. And a sentence
 * first: Gemini CLI takes a first text that is JSON for such content (docs/decisions/0012).
 */
export function errorResult(error: ToolError): ToolResult {
  const visible = shaped(undefined, error, 'detailed') as ToolError
  const texts = [visible.message, JSON.stringify({ error: visible })]
  return { content: texts.map((text) => ({ type: 'text', text })), isError: true }
}
