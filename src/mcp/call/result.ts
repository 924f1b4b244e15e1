import type { z } from 'zod'
import type { ToolError } from './refusal.ts'
import { type Format, shaped } from './shape.ts'

/** The result of `tools/call`. A type and not an interface, because the SDK needs its index signature. */
export type ToolResult = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/**
 * Checks what a tool returned against its output schema and shapes it for a model. The result is sent twice, because some
 * clients show the text to a model and some the structured content. Throws for a mismatch, which is a bug.
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
 * Has text only, because clients on the first SDK throw when structured content does not match the output schema. The
 * sentence comes first, because Gemini CLI reads a first text in JSON as structured content (docs/decisions/0012).
 */
export function errorResult(error: ToolError): ToolResult {
  const visible = shaped(undefined, error, 'detailed') as ToolError
  const texts = [visible.message, JSON.stringify({ error: visible })]
  return { content: texts.map((text) => ({ type: 'text', text })), isError: true }
}
