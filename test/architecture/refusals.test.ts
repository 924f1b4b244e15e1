import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import ts from 'typescript-api'
import { describe, expect, test } from 'vitest'
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

    // no tool signs a person in or reads the public log
    expect(missing.sort()).toEqual([
      'AccountsCode in src/mcp/call/next-steps.ts',
      'IdentityCode in src/mcp/call/next-steps.ts',
      'TransparencyCode in src/mcp/call/next-steps.ts',
    ])
  })

  test(
    'the code does not compile when a door can return a refusal but has no next step for it',
    { timeout: 120_000 },
    () => {
      const inBoth = ['made_up_by_orgs', 'this refusal has to extend CodedError with its code']

      const [errorsOfMcp = '', errorsOfPages = ''] = compilerErrors(TABLES, {
        'src/domain/orgs/errors.ts':
          aRefusal('MadeUp', "CodedError<'made_up_by_orgs'>", 'made_up_by_orgs') +
          aRefusal('HidesItsCode', 'DomainError', 'made_up'),
        'src/mcp/call/errors.ts': aRefusal('MadeUp', "CodedError<'made_up_by_mcp'>", 'made_up_by_mcp'),
        'src/api/customer-area/own-site.ts': aRefusal(
          'MadeUp',
          "CodedError<'made_up_by_pages'>",
          'made_up_by_pages',
        ),
      })

      for (const code of [...inBoth, 'made_up_by_mcp']) expect(errorsOfMcp).toContain(code)
      for (const code of [...inBoth, 'made_up_by_pages']) expect(errorsOfPages).toContain(code)
      expect(errorsOfMcp).not.toContain('made_up_by_pages')
      expect(errorsOfPages).not.toContain('made_up_by_mcp')
    },
  )
})

const aRefusal = (name: string, base: string, code: string) => `
  import * as errors${name} from '#kernel/errors'
  export class ${name} extends errors${name}.${base} {
    constructor() {
      super('conflict', '${code}', 'It is made up.')
    }
  }
`

/** The compiler errors in each file after the code of `added` was appended to its files. */
function compilerErrors(files: readonly string[], added: Record<string, string>): string[] {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'refusals-'))
  try {
    fs.cpSync('src', path.join(root, 'src'), { recursive: true })
    fs.copyFileSync('package.json', path.join(root, 'package.json'))
    fs.symlinkSync(path.resolve('node_modules'), path.join(root, 'node_modules'))
    const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { compilerOptions: object }
    fs.writeFileSync(path.join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    for (const [file, code] of Object.entries(added)) fs.appendFileSync(path.join(root, file), code)
    const { stdout } = spawnSync('node_modules/.bin/tsc', ['-p', '.', '--pretty', 'false'], {
      cwd: root,
      encoding: 'utf8',
    })
    const lines = stdout.split('\n')
    return files.map((file) => lines.filter((line) => line.startsWith(file)).join('\n'))
  } finally {
    fs.rmSync(root, { recursive: true })
  }
}

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
