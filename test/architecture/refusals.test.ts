import fs from 'node:fs'
import path from 'node:path'
import ts from 'typescript-api'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { CodedError, type CodesIn, DomainError } from '#kernel/errors'
import type { NEXT_STEPS as STEPS_OF_PAGES, PageCode } from '../../src/api/customer-area/next-steps.ts'
import type { McpCode, NEXT_STEPS as STEPS_OF_TOOLS } from '../../src/mcp/call/next-steps.ts'
import { tools } from '../../src/mcp/tools/index.ts'

const TABLES = ['src/mcp/call/next-steps.ts', 'src/api/customer-area/next-steps.ts']
const BELOW_THE_DOORS = 'src/{domain,workflows,activities,kernel}/**/*.ts'

const read = (file: string) => fs.readFileSync(file, 'utf8')

describe('a refusal', () => {
  test('every refusal has its code in its type', () => {
    const untyped = fs
      .globSync('src/**/*.ts')
      .filter((file) => file !== 'src/kernel/errors.ts')
      .filter((file) => /extends DomainError\b|new DomainError\((?!kind, code)/.test(read(file)))

    expect(untyped).toEqual([])
  })

  test('the next steps of each door cover every refusal that the door can return', () => {
    const missing = fs.globSync('src/domain/*/errors.ts').flatMap((file) => {
      const noun = path.basename(path.dirname(file))
      const code = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}Code`
      return TABLES.filter((table) => !new RegExp(`^  \\| ${code}$`, 'm').test(read(table))).map(
        (table) => `${code} in ${table}`,
      )
    })

    const untyped = fs
      .globSync('src/domain/*/errors.ts')
      .map((file) => path.join(path.dirname(file), 'index.ts'))
      .filter((index) => !/Code = CodesIn<typeof refusals>/.test(read(index)))
    expect(untyped).toEqual([])
    // no tool signs a person in or reads the public log
    expect(missing.sort()).toEqual([
      'AccountsCode in src/mcp/call/next-steps.ts',
      'IdentityCode in src/mcp/call/next-steps.ts',
      'TransparencyCode in src/mcp/call/next-steps.ts',
    ])
  })

  test('a refusal with a code adds its code to the codes of its module, and one without is a type error', () => {
    class MadeUp extends CodedError<'made_up'> {}
    class HidesItsCode extends DomainError {}
    type Codes = CodesIn<{ MadeUp: typeof MadeUp; HidesItsCode: typeof HidesItsCode; other: string }>

    // compared by `tsc -p .`, which is a part of `npm test`
    expectTypeOf<Codes>().toEqualTypeOf<'made_up' | 'this refusal has to extend CodedError with its code'>()
  })

  test('the code does not compile when a door has no next step for a code', () => {
    expectTypeOf<typeof STEPS_OF_TOOLS>().toExtend<Record<McpCode, unknown>>()
    expectTypeOf<typeof STEPS_OF_PAGES>().toExtend<Record<PageCode, unknown>>()
    expectTypeOf<Omit<typeof STEPS_OF_TOOLS, 'not_allowed'>>().not.toExtend<Record<McpCode, unknown>>()
    expectTypeOf<Omit<typeof STEPS_OF_PAGES, 'not_allowed'>>().not.toExtend<Record<PageCode, unknown>>()
  })
})

describe('a text below the doors', () => {
  const toolName = new RegExp(`\\b(${tools.map(({ name }) => name).join('|')}|idempotency_key)\\b`)
  /** The texts that advise to use a tool. A name alone is an id; a name in a longer text is advice. */
  const advice = (file: string, code: string) =>
    textsIn(file, code).filter((text) => /\s/.test(text.trim()) && toolName.test(text))

  test('no text below the doors names a tool', () => {
    const files = fs.globSync(BELOW_THE_DOORS)

    expect(files.length).toBeGreaterThan(80)
    expect(files.flatMap((file) => advice(file, read(file)).map((text) => `${file}: ${text}`))).toEqual([])
  })

  test.for([
    ["throw new Error('Call list_payment_methods.')", 1],
    ['const step = `Use ${name}, then whoami.`', 1],
    ["const step = one ? 'Take a new idempotency_key.' : ''", 1],
    ["const story = 'checkout_cart'", 0],
    ["{ field: 'idempotency_key' } // call whoami", 0],
  ] as const)('in the source %s the check finds %i texts that name a tool', ([code, found]) => {
    expect(advice('a.ts', code)).toHaveLength(found)
  })
})

function textsIn(file: string, code: string): string[] {
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) texts.push(node.text)
    if (ts.isTemplateExpression(node)) texts.push(node.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true))
  return texts
}
