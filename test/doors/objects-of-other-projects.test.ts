import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { aProject, aProjectToken, type TestProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aPendingShare } from '../support/a-share.ts'
import { titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import { projectOpenedBy, shownKeys } from '../support/shown-keys.ts'
import { writtenBy } from '../support/written-events.ts'

let doors: MarketApp
let buyer: Visitor
beforeAll(async () => {
  doors = await aMarketApp()
  buyer = await doors.signedIn('buyer')
})
afterAll(() => doors.close())

let project: TestProject
let page: string
beforeEach(async () => {
  project = await aProject(doors.market)
  page = `/account/projects/${project.id}`
  await buyer.get(page)
})

describe('keys and shares under the URL of another project', () => {
  test('keys of another project are found, rotated and revoked only under their own URL', async () => {
    const other = await aProject(doors.market)
    const { id: token, publicKey } = await aProjectToken(doors.market, other.id)
    const stored = () =>
      doors.db
        .selectFrom('project_tokens')
        .select(['revoked_at', 'expires_at'])
        .where('id', '=', token)
        .executeTakeFirstOrThrow()
    const before = await stored()

    const events = await writtenBy(doors.db, async () => {
      for (const ref of [token, publicKey])
        for (const form of ['rotate', 'revoke']) {
          const path = `${page}/keys/${ref}/${form}`
          const answers = [await buyer.get(path), await buyer.post(path, { overlap: '0' })]
          expect([path, ...answers.map(({ statusCode }) => statusCode)]).toEqual([path, 404, 404])
        }
    })

    expect(await stored()).toEqual(before)
    expect(events.filter(({ outcome }) => outcome === 'done')).toEqual([])
    expect((await buyer.get(`/account/projects/${other.id}/keys/${token}/rotate`)).statusCode).toBe(200)
  })

  test('new keys that are opened under another project stay unread, and open later under their own', async () => {
    const other = await aProject(doors.market)
    const made = await buyer.post(`${page}/keys`, { key: `key-${project.id}` })
    const path = String(made.headers['location'])
    const operation = path.split('/').at(-1) as OperationId

    const wrong = await buyer.get(path.replace(project.id, other.id))
    const { first_read_at } = await doors.db
      .selectFrom('one_time_secrets')
      .select('first_read_at')
      .where('operation_id', '=', operation)
      .executeTakeFirstOrThrow()

    expect([wrong.statusCode, first_read_at]).toEqual([410, null])
    expect(wrong.body).not.toContain('psk_')
    expect(await projectOpenedBy(doors.db, shownKeys((await buyer.get(path)).body))).toBe(project.id)
  })

  test('a share of another project is ended only under its own URL', async () => {
    const other = await aProject(doors.market)
    const of = { org: await doors.market.access('buyer', 'acme-retail'), by: doors.market.person('buyer') }
    const wanted = { project: other.id, email: 'elsewhere@example.test' }
    const share = await aPendingShare(doors.db, { ...of, org: of.org.id, ...wanted })
    const end = (id: string) => buyer.post(`/account/projects/${id}/shares/${share}/end`)
    const ended = async () =>
      (
        await doors.db
          .selectFrom('project_shares')
          .select('ended_at')
          .where('id', '=', share)
          .executeTakeFirstOrThrow()
      ).ended_at

    expect((await end(project.id)).statusCode).toBe(404)
    expect(await ended()).toBeNull()
    expect((await end(other.id)).statusCode).toBe(303)
    expect(await ended()).not.toBeNull()
  })

  test.for([
    ['revoked', { revoked_at: new Date('2026-11-02T10:00:00Z') }],
    ['expired', { expires_at: new Date('2026-11-02T10:00:00Z') }],
  ] as const)('the pages of %s keys say so, and have no form', async ([how, end]) => {
    const { id, publicKey } = await aProjectToken(doors.market, project.id)
    const born = { created_at: new Date('2026-11-01T10:00:00Z') }
    await doors.db
      .updateTable('project_tokens')
      .set({ ...born, ...end })
      .where('id', '=', id)
      .execute()

    for (const form of ['rotate', 'revoke']) {
      const shown = titleAndMainOf((await buyer.get(`${page}/keys/${id}/${form}`)).body)
      for (const text of [`These keys are ${how}`, publicKey, '2 Nov 2026, 10:00 UTC'])
        expect(shown).toContain(text)
      expect(shown).not.toContain('<form')
    }
  })
})
