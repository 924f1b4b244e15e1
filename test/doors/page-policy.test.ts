import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COPY_SCRIPT } from '../../src/api/customer-area/style/script.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const withoutOurScript = (body: string) =>
  body.replace(`<script type="module" src="${COPY_SCRIPT.path}"></script>`, '')

const get = (url: string) => app.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

describe('every page', () => {
  test.for(['/', '/packages/northwind/module-search', '/packages/nobody/nothing', '/nothing/here'])(
    'the page %s allows no script in it, no frame and no foreign resource',
    async (url) => {
      const { headers, body } = await get(url)

      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/^req_/),
      })
      const policy = String(headers['content-security-policy']).split('; ')
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"]),
      )
      expect(policy.join()).not.toMatch(/unsafe|nonce|sha\d|\*|http/)
      expect(withoutOurScript(body)).not.toMatch(/ style=| on\w+=|<style|<script|src="http/)
    },
  )

  test.for(['/docs', '/packages/northwind/module-search', '/_components'])(
    'the page %s has something to copy: it loads our script and allows no other kind',
    async (url) => {
      const { headers, body } = await get(url)

      const policy = String(headers['content-security-policy']).split('; ')
      expect(policy.filter((part) => /script|trusted/.test(part))).toEqual([
        "script-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ])
      expect(body).toContain(`<script type="module" src="${COPY_SCRIPT.path}"></script>`)
      expect(withoutOurScript(body)).not.toMatch(/<script| on\w+=/)
    },
  )

  test.for([
    '/',
    '/sign-in',
    '/sign-in?continue=/account/password',
    '/reset-password',
    '/sign-up',
    '/sign-in?continue=/device',
    '/nothing/here',
    '/packages/nobody/nothing',
    '/status',
    '/privacy',
  ])('the page %s has nothing to copy, and allows no script at all', async (url) => {
    const { headers, body } = await get(url)

    expect(headers['content-security-policy']).toMatch(/^default-src 'none';/)
    expect(headers['content-security-policy']).not.toContain('script-src')
    expect(body).toContain('<main')
    expect(body).not.toContain('<script')
  })

  test('a page links a script that browsers may cache for ever', async () => {
    const [, path = ''] = /<script type="module" src="([^"]+)"/.exec((await get('/docs')).body) ?? []

    const { statusCode, headers, body } = await get(path)

    expect(path).toMatch(/^\/assets\/copy-[0-9a-f]{12}\.js$/)
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': expect.stringContaining('immutable'),
      'x-content-type-options': 'nosniff',
    })
    expect(body).not.toMatch(/innerHTML|eval|Function|https?:/)
  })

  test('a page links a stylesheet that browsers may cache for ever', async () => {
    const [, path = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec((await get('/')).body) ?? []

    const { statusCode, headers, body } = await get(path)

    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('text/css; charset=utf-8')
    expect(headers['cache-control']).toContain('immutable')
    expect(body).toContain('prefers-color-scheme')
  })
})
