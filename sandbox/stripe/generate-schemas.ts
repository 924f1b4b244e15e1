// Turns the SDK's own types into JSON Schema, so that the stand-in refuses what the SDK's types do not allow.
import fs from 'node:fs'
import path from 'node:path'
import ts from 'typescript-api'
import type { Route, Schemas } from './json-schema.ts'
import { schemaWalker } from './schema-walker.ts'
import { SDK, sdkVersion } from './sdk.ts'

/** Resources that the stand-in supports, as files of the SDK. */
const RESOURCES = [
  'BalanceTransactions',
  'Charges',
  'Checkout/Sessions',
  'Customers',
  'Events',
  'PaymentIntents',
  'PaymentMethods',
  'Refunds',
  'SetupIntents',
  'WebhookEndpoints',
]

export function generateSchemas(): Schemas {
  const files = RESOURCES.map((name) => path.join(SDK, `esm/resources/${name}.d.ts`))
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }
  const program = ts.createProgram(files, {
    ...options,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const walker = schemaWalker(checker)
  const routes = files.flatMap((file) => {
    const source = program.getSourceFile(file)
    return source ? routesOf(source, checker, walker.define) : []
  })
  return {
    sdkVersion: sdkVersion(),
    apiVersion: apiVersion(),
    scanned: scan(path.join(SDK, 'esm/resources')),
    routes,
    definitions: walker.definitions(),
  }
}

function routesOf(
  source: ts.SourceFile,
  checker: ts.TypeChecker,
  define: (type: ts.Type) => string,
): Route[] {
  const calls = callsIn(fs.readFileSync(source.fileName.replace(/\.d\.ts$/, '.js'), 'utf8'))
  const routes: Route[] = []
  for (const statement of source.statements) {
    if (!ts.isClassDeclaration(statement) || !statement.name?.text.endsWith('Resource')) continue
    for (const member of statement.members) {
      if (!ts.isMethodDeclaration(member) || !ts.isIdentifier(member.name)) continue
      const call = calls.get(member.name.text)
      const signature = checker.getSignatureFromDeclaration(member)
      if (!call || !signature) continue
      const params = member.parameters.find(({ name }) => name.getText() === 'params')
      const type = params && checker.getNonNullableType(checker.getTypeAtLocation(params))
      const { answer, isList } = answerOf(checker.getReturnTypeOfSignature(signature))
      routes.push({ ...call, ...(type && { params: define(type) }), answer: define(answer), isList })
    }
  }
  return routes
}

/** Unwraps `Promise<Response<T>>` and `ApiListPromise<T>` to `T`. */
function answerOf(type: ts.Type): { answer: ts.Type; isList: boolean } {
  const name = (type.aliasSymbol ?? type.getSymbol())?.name ?? ''
  const [inner] = type.aliasTypeArguments ?? (type as ts.TypeReference).typeArguments ?? []
  if (!inner) return { answer: type, isList: false }
  if (/^Api(List|Search)/.test(name)) return { answer: inner, isList: true }
  if (name === 'Promise' || name === 'Response') return answerOf(inner)
  return { answer: type, isList: false }
}

const CALL = /^ {4}(\w+)\([^)]*\) \{\s*return this\._makeRequest\('(GET|POST|DELETE)', ['`]([^'`]+)['`]/gm

function callsIn(code: string): Map<string, { verb: string; path: string }> {
  const calls = new Map<string, { verb: string; path: string }>()
  for (const [, method = '', verb = '', route = ''] of code.matchAll(CALL))
    calls.set(method, { verb, path: route.replaceAll(/\$\{[^}]*\}/g, '{}') })
  return calls
}

function scan(folder: string): number {
  let found = 0
  for (const entry of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (entry.endsWith('.js')) found += callsIn(fs.readFileSync(path.join(folder, entry), 'utf8')).size
  return found
}

function apiVersion(): string {
  const file = path.join(SDK, 'esm/apiVersion.js')
  return /ApiVersion = '([^']+)'/.exec(fs.readFileSync(file, 'utf8'))?.[1] ?? ''
}
