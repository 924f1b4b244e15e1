import type { z } from 'zod'
import type { Tool } from '../call/tool.ts'

/** A text about an everyday job, which a person chooses in a client and a model then reads. */
export interface Prompt<In extends z.ZodObject = z.ZodObject> {
  /** Snake case, at most 64 characters. */
  name: string
  title: string
  /** For the person who chooses. */
  description: string
  /** The tool that does the job. Who may call it, on the same path, may see the prompt. */
  tool: Tool
  /** Strict. Clients send each argument as a text, and an empty text for one that was left out. */
  input: In
  /** `org`: the slug of the org that the job is for. */
  text: (input: z.output<In>, org: string) => string
}

export const definePrompt = <In extends z.ZodObject>({ text, ...prompt }: Prompt<In>): Prompt => ({
  ...prompt,
  // the input was parsed by the schema of the same prompt
  text: (input, org) => text(input as z.output<In>, org),
})
