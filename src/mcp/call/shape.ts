import { z } from 'zod'
import { visible } from './foreign-text.ts'

export const FORMATS = ['concise', 'detailed', 'csv'] as const
export type Format = (typeof FORMATS)[number]

/** The parameter of a tool that reads one thing. A list has it in `page`. */
export const responseFormat = z.enum(['concise', 'detailed']).optional().describe('Default: concise')

/** How many entries of an inner list a model sees. */
const MAX_INNER = 100

const details = z.registry()

/**
 * Marks a field of an output that `concise` leaves out. Call no method of the result: that would make an unmarked copy.
 */
export function detail<Field extends z.ZodType>(field: Field): z.ZodOptional<Field> {
  const optional = field.optional()
  details.add(optional)
  return optional
}

/** Marks a field whose shape another tool publishes: this one publishes only its type, and `as` as the description. */
export const briefly = <Field extends z.ZodType>(field: Field, as?: string): Field =>
  field.meta({ brief: true, description: as })

/**
 * Shapes a result for a model by its schema. Removes invisible characters. In the concise format, also removes details.
 * Cuts an inner list after 100 entries and adds `more_…` with the number of the others.
 */
export function shaped(schema: z.ZodType | undefined, value: unknown, format: Format): unknown {
  if (typeof value === 'string') return visible(value)
  if (typeof value !== 'object' || value === null) return value
  const of = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
  if (Array.isArray(value)) {
    const each = of instanceof z.ZodArray ? (of.element as z.ZodType) : undefined
    return value.slice(0, MAX_INNER).map((one) => shaped(each, one, format))
  }
  const fields: Record<string, z.ZodType> = of instanceof z.ZodObject ? of.shape : {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
      const by = fields[name]
      if (field === undefined || (format === 'concise' && by && details.has(by))) return []
      const more = Array.isArray(field) ? field.length - MAX_INNER : 0
      return [
        [name, shaped(by, field, format)],
        ...(more > 0 ? [[`more_${name}`, more] as [string, number]] : []),
      ]
    }),
  )
}
