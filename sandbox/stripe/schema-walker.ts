import path from 'node:path'
import ts from 'typescript-api'
import type { JsonSchema } from './json-schema.ts'

/** Turns each type into a named definition once. A recursive type refers to itself by a `$ref`. */
export function schemaWalker(checker: ts.TypeChecker) {
  const names = new Map<ts.Type, string>()
  const taken = new Set<string>()
  const definitions: Record<string, JsonSchema> = {}

  /** Adds a type to the definitions and returns its name there. */
  function define(type: ts.Type): string {
    const known = names.get(type)
    if (known) return known
    const name = freeName(nameOf(type))
    names.set(type, name)
    definitions[name] = {} // reserved: the type may refer to itself
    definitions[name] = shapeOf(type)
    return name
  }

  function schemaOf(type: ts.Type): JsonSchema {
    const isNamed = type.flags & ts.TypeFlags.Object && type.getSymbol()?.name !== '__type' && !isArray(type)
    if (isNamed && type.getSymbol()?.name !== 'Decimal') return { $ref: `#/definitions/${define(type)}` }
    return shapeOf(type)
  }

  function shapeOf(type: ts.Type): JsonSchema {
    if (type.isUnion()) return unionOf(type)
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' }
    if (type.flags & ts.TypeFlags.StringLike || isOtherString(type)) return { type: 'string' }
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' }
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' }
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' }
    if (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never)) return { not: {} }
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {}
    if (type.getSymbol()?.name === 'Decimal') return { type: 'string' }
    if (isArray(type)) return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0] ?? type) }
    return objectOf(type)
  }

  /**
   * Literals become a closed enum. `OtherString` is ignored: it lets old SDKs accept new values and is not for requests.
   */
  function unionOf(type: ts.UnionType): JsonSchema {
    const literals: unknown[] = []
    const others: JsonSchema[] = []
    const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined))
    for (const part of parts) {
      if (part.isStringLiteral() || part.isNumberLiteral()) literals.push(part.value)
      else if (part.flags & ts.TypeFlags.BooleanLiteral) {
        if (!others.some((schema) => schema.type === 'boolean')) others.push({ type: 'boolean' })
      } else if (!isOtherString(part)) others.push(schemaOf(part))
    }
    if (!literals.length && !others.length) return { type: 'string' }
    if (literals.length) others.push({ enum: literals })
    return others.length === 1 ? (others[0] ?? {}) : { anyOf: others }
  }

  function objectOf(type: ts.Type): JsonSchema {
    const properties: Record<string, JsonSchema> = {}
    const required: string[] = []
    for (const property of checker.getPropertiesOfType(type)) {
      const declaration = property.valueDeclaration ?? property.declarations?.[0]
      if (!declaration || ts.isMethodSignature(declaration) || ts.isMethodDeclaration(declaration)) continue
      const of = checker.getTypeOfSymbolAtLocation(property, declaration)
      if (of.getCallSignatures().length || property.name === 'lastResponse') continue
      properties[property.name] = schemaOf(of)
      if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name)
    }
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    return {
      type: 'object',
      properties,
      ...(required.length && { required }),
      additionalProperties: index ? schemaOf(index) : false,
    }
  }

  function freeName(wanted: string): string {
    let name = wanted
    for (let n = 2; taken.has(name); n++) name = `${wanted}_${n}`
    taken.add(name)
    return name
  }

  const isArray = (type: ts.Type): type is ts.TypeReference => checker.isArrayType(type)

  /** Joins file, namespaces and name, because many types are called `Card`. */
  function nameOf(type: ts.Type): string {
    const symbol = type.aliasSymbol ?? type.getSymbol()
    const declaration = symbol?.declarations?.[0]
    const file = declaration ? path.basename(declaration.getSourceFile().fileName, '.d.ts') : ''
    const name = symbol ? checker.getFullyQualifiedName(symbol).replace(/^".*"\./, '') : 'Anonymous'
    return `${file}.${name}`.replaceAll(/[^\w.]/g, '_')
  }

  return { define, definitions: () => definitions }
}

/** True for `string & Record<never, never>`. */
const isOtherString = (type: ts.Type) =>
  type.isIntersection() && type.types.some((part) => Boolean(part.flags & ts.TypeFlags.String))
