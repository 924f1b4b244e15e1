import { z } from 'zod'
import { visible } from './foreign-text.ts'

export const FORMATS = ['concise', 'detailed', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** The parameter of a read of one thing; a list has it in `page`. */
export const responseFormat = z.enum(['concise', 'detailed']).optional().describe('Default: concise')

/** Entries of an inner list that a model is shown. */
const MOST_INSIDE = 100

const details = z.registry()

/** A field of an output that `concise` leaves out. Nothing may be called on what this returns. */
export function detail<Field extends z.ZodType>(field: Field): z.ZodOptional<Field> {
  const optional = field.optional()
  details.add(optional)
  return optional
}

/**
 * A result as a model may see it, by its schema: without details when concise, without invisible characters, of a list
 * the first 100, with `more_…` beside it.
 */
export function shaped(schema: z.ZodType | undefined, value: unknown, format: Format): unknown {
  if (typeof value === 'string') return visible(value)
  if (typeof value !== 'object' || value === null) return value
  const of = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
  if (Array.isArray(value)) {
    const each = of instanceof z.ZodArray ? (of.element as z.ZodType) : undefined
    return value.slice(0, MOST_INSIDE).map((one) => shaped(each, one, format))
  }
  const fields: Record<string, z.ZodType> = of instanceof z.ZodObject ? of.shape : {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
      const by = fields[name]
      if (field === undefined || (format === 'concise' && by && details.has(by))) return []
      const more = Array.isArray(field) ? field.length - MOST_INSIDE : 0
      return [
        [name, shaped(by, field, format)],
        ...(more > 0 ? [[`more_${name}`, more] as [string, number]] : []),
      ]
    }),
  )
}
