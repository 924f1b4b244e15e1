import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aProject, aProjectToken, type TestProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import type { Answered, Visitor } from '../support/a-visitor.ts'
import { projectOpenedBy, shownKeys } from '../support/shown-keys.ts'
import { writtenBy } from '../support/written-events.ts'

let doors: MarketApp
let buyer: Visitor
let vendor: Visitor
beforeAll(async () => {
  doors = await aMarketApp()
  buyer = await doors.signedIn('buyer')
  vendor = await doors.signedIn('vendor')
})
afterAll(() => doors.close())

let project: TestProject
let page: string
beforeEach(async () => {
  project = await aProject(doors.market)
  page = `/account/projects/${project.id}`
  await buyer.get(page)
})

const to = ({ statusCode, headers }: Answered) => [statusCode, headers['location']]

describe('the keys of a project on its page', () => {
  test('rotated keys are shown to the person once more at most for 15 minutes, work, and the old ones work on', async () => {
    const old = await aProjectToken(doors.market, project.id)
    const form = await buyer.get(`${page}/keys/${old.id}/rotate`)
    const events = await writtenBy(doors.db, async () => {
      const rotated = await buyer.post(`${page}/keys/${old.id}/rotate`, {
        overlap: '24',
        key: `key-${old.id}`,
      })
      const shown = await buyer.get(String(rotated.headers['location']))
      expect(await projectOpenedBy(doors.db, shownKeys(shown.body))).toBe(project.id)
      expect((await vendor.get(String(rotated.headers['location']))).statusCode).toBe(404)
    })

    expect(form.body).toContain('Rotate the keys')
    expect(form.body).toContain(old.publicKey)
    expect(events.map(({ action }) => action)).toEqual(['rotate_project_token', 'show_auth_json'])
    const { body } = await buyer.get(page)
    expect(body).toContain('ends soon')
    expect(body).not.toContain('psk_')
  })

  test('buttons of keys with the same label have different names', async () => {
    const keys = [
      await aProjectToken(doors.market, project.id),
      await aProjectToken(doors.market, project.id),
    ]

    const { body } = await buyer.get(page)

    for (const { publicKey } of keys)
      for (const deed of ['Rotate', 'Revoke'])
        expect(body.split(`aria-label="${deed} the keys a server, ${publicKey}"`)).toHaveLength(2)
  })

  test('keys that nobody has opened are listed with their end and no warning, and lose the end when they are opened', async () => {
    const made = await buyer.post(`${page}/keys`, { key: `key-${project.id}` })
    const unseen = (await buyer.get(page)).body
    await buyer.get(String(made.headers['location']))
    const seen = (await buyer.get(page)).body

    expect(unseen).toMatch(/ends\s+<time[^>]*>[^<]*<\/time>\s+unless used before/)
    expect(seen).not.toContain('unless used before')
    for (const body of [unseen, seen]) expect(body).not.toMatch(/ends soon|works until/)
  })

  test('revoked keys stop at once, after a page that asks', async () => {
    const { id, publicKey } = await aProjectToken(doors.market, project.id)
    const asked = await buyer.get(`${page}/keys/${id}/revoke`)
    const revoked = await buyer.post(`${page}/keys/${id}/revoke`)

    expect(asked.body).toContain('Revoke these keys?')
    expect(asked.body).toContain(publicKey)
    expect(to(revoked)).toEqual([303, `${page}?saved=revoked`])
    expect((await buyer.get(page)).body).not.toContain(publicKey)
  })
})
