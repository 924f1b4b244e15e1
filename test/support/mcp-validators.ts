import { AjvJsonSchemaValidator as ModernValidator } from '@modelcontextprotocol/client/validators/ajv'
import { AjvJsonSchemaValidator as FirstValidator } from '@modelcontextprotocol/sdk/validation/ajv'

/** The validators with which the clients check tool results, as in each SDK by default. */
export const firstValidator = compilingOnce(new FirstValidator())
export const modernValidator = compilingOnce(new ModernValidator())

/** Compiles each schema once per process; otherwise every client compiles those of all tools again. */
function compilingOnce<V extends FirstValidator | ModernValidator>(validator: V): V {
  const compiled = new Map<string, unknown>()
  const getValidator = (schema: object) => {
    const key = JSON.stringify(schema)
    if (!compiled.has(key)) compiled.set(key, validator.getValidator(schema))
    return compiled.get(key)
  }
  return { getValidator } as unknown as V
}
