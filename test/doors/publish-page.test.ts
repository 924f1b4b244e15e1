import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import { addVendor } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import { hiddenIn, mainOf, PACKAGES } from '../support/a-package-page.ts'
import { aPublishingApp, ONE, PUBLISH, type PublishingApp } from '../support/a-publishing-app.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'

let at: PublishingApp
beforeAll(async () => {
  at = await aPublishingApp()
})
afterAll(() => at.close())

describe('the form that publishes packages', () => {
  test('the form starts one publication, however often it is sent, and leads to the page of the operation', async () => {
    const visitor = at.nils
    const before = await at.publications()
    const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
    const fields = {
      org: 'contoso',
      key,
      repositories: `${ONE}.git\n git@git.example:contoso/module-two.git `,
    }

    const answers = [await visitor.post(PUBLISH, fields), await visitor.post(PUBLISH, fields)]

    const [started, ...more] = (await at.publications()).slice(before.length)
    expect(more).toEqual([])
    expect(started?.input).toEqual({ repositories: [ONE, 'https://git.example/contoso/module-two'] })
    for (const { statusCode, headers } of answers)
      expect([statusCode, headers.location]).toEqual([303, `/o/${started?.link}`])
    expect(await at.lastEvent()).toMatchObject({
      action: 'start_operation',
      customer: at.market.person('newvendor'),
      operation: started?.id,
      request: expect.any(String),
    })
  })

  test('a form that is sent again with other repositories says so, and starts nothing until it is sent once more', async () => {
    const { visitor, path } = await at.begun()
    const before = await at.publications()
    const key = before.at(-1)?.idempotency_key

    const other = { org: 'contoso', key, repositories: 'https://git.example/contoso/module-other' }
    const refused = await visitor.post(PUBLISH, other)

    expect([refused.statusCode, titleAndMainOf(refused.body)]).toEqual([
      422,
      expect.stringContaining('already sent for other repositories'),
    ])
    expect(await at.publications()).toEqual(before)
    const again = await visitor.post(PUBLISH, { ...other, key: hiddenIn(refused.body).key })
    expect(again.statusCode).toBe(303)
    expect(again.headers.location).not.toBe(path)
  })

  test('a check is a request of its own with the same form', async () => {
    const visitor = at.nils
    const { key } = hiddenIn((await visitor.get(PUBLISH)).body)
    const fields = { org: 'contoso', key, repositories: ONE }

    await visitor.post(PUBLISH, { ...fields, check: 'yes' })
    await visitor.post(PUBLISH, fields)

    expect((await at.publications()).slice(-2).map(({ input }) => input)).toEqual([
      { repositories: [ONE], dry_run: true },
      { repositories: [ONE] },
    ])
  })

  const many = Array.from({ length: 21 }, (_, n) => `https://git.example/contoso/module-${n}`).join('\n')
  test.for([
    ['', 'Enter the URL of a repository.', 'invalid_input'],
    [many, 'at most 20 repositories at once; these are 21', 'invalid_input'],
    ['<b>nowhere</b>', 'That is not the URL of a Git repository', 'git_url_invalid'],
    ['https://me:secret@git.example/a/b', 'without a user, a password', 'git_url_invalid'],
    ['https://unknown.example/a/b', 'from git.example only', 'git_host_unknown'],
  ] as const)(
    'the form with the repositories %j is shown again with what was typed, and is audited with its reason',
    async ([repositories, says, code]) => {
      const visitor = at.nils
      const before = await at.publications()

      const { statusCode, body } = await at.sends(visitor, { repositories })

      expect([statusCode, titleAndMainOf(body)]).toEqual([422, expect.stringContaining(says)])
      const typed = repositories.replaceAll('<', '&#60;').replaceAll('>', '&#62;')
      expect(body).toContain(`\n${typed}</textarea>`)
      expect(await at.lastEvent()).toMatchObject({ outcome: 'refused', code })
      expect(await at.publications()).toEqual(before)
    },
  )

  test('URLs in the address, as the list of repositories sends them, are in the form and start nothing', async () => {
    const visitor = at.nils
    const before = await at.publications()
    const two = new URLSearchParams([
      ['repository', ONE],
      ['repository', '"><script>'],
    ])

    expect(await mainOf(visitor, `${PUBLISH}?repository=${encodeURIComponent(ONE)}`)).toContain(`\n${ONE}<`)
    expect(await mainOf(visitor, `${PUBLISH}?${two.toString()}`)).toContain(`\n${ONE}\n&#34;&#62;&#60;script`)
    expect(await at.publications()).toEqual(before)
  })

  test('an org with several approved vendors has to choose one, and one without says what to do first', async () => {
    const { db } = at
    const now = new Date()
    const vendor = {
      id: mintId('ven', now, Math.random),
      orgId: at.market.org('contoso'),
      name: 'Second',
      at: now,
    }
    await addVendor(db, { ...vendor, slug: 'contoso-labs', approvedAt: now })
    const visitor = at.nils

    const unchosen = await at.sends(visitor, { repositories: ONE, vendor: '' })
    const chosen = await at.sends(visitor, { repositories: ONE, vendor: 'contoso-labs' })
    const foreign = await at.sends(visitor, { repositories: ONE, vendor: 'northwind' })
    await db.updateTable('vendors').set({ approved_at: null }).where('id', '=', vendor.id).execute()
    const unapproved = await at.sends(visitor, { repositories: ONE, vendor: 'contoso-labs' })
    await db.deleteFrom('publications').where('vendor_id', '=', vendor.id).execute()
    await db.deleteFrom('vendors').where('id', '=', vendor.id).execute()

    expect(titleAndMainOf(unchosen.body)).toContain('The org has several vendors')
    expect(chosen.statusCode).toBe(303)
    expect((await at.publications()).at(-1)?.input).toMatchObject({ vendor: 'contoso-labs' })
    expect([unchosen, foreign, unapproved].map(({ statusCode }) => statusCode)).toEqual([422, 404, 422])
    const [nobody, acme] = [await at.signedIn('nocard'), await at.signedIn('buyer')]
    expect(await mainOf(nobody, PUBLISH)).toContain('Become a vendor first')
    await acme.get(PUBLISH)
    expect((await acme.post(PUBLISH, { org: 'contoso', repositories: ONE })).statusCode).toBe(404)
  })

  test('a viewer sees no form and may not send one, and a developer may, but not without a token of our page', async () => {
    const { db } = at
    for (const [name, role] of [
      ['viewer', 'viewer'],
      ['developer', 'developer'],
    ] as const)
      await addMember(db, {
        org: at.market.org('contoso'),
        customer: at.market.person(name),
        role,
        at: new Date(),
      })
    const [viewer, developer] = [await at.signedIn('viewer'), await at.signedIn('developer')]
    for (const each of [viewer, developer]) {
      await each.get('/account')
      await each.post('/account/active-org', { org: 'contoso' })
    }
    const before = (await at.publications()).length

    expect(await mainOf(viewer, PUBLISH)).not.toContain('<textarea')
    expect((await at.sends(viewer, { repositories: ONE })).statusCode).toBe(403)
    expect(await at.lastEvent()).toMatchObject({ outcome: 'refused', code: 'not_allowed' })
    expect(
      (await developer.post(PUBLISH, { org: 'contoso', repositories: ONE, _csrf: undefined })).statusCode,
    ).toBe(403)
    expect(await at.publications()).toHaveLength(before)
    const { statusCode, headers } = await at.sends(developer, { repositories: ONE })
    expect(statusCode).toBe(303)
    expect((await developer.get(String(headers.location))).statusCode).toBe(200)
    expect((await viewer.get(String(headers.location))).statusCode).toBe(403)
  })

  test('a publication that is stopped shows only that as the current step', async () => {
    const { visitor, run, path } = await at.begun()
    await run.waits('git_consent')
    const [, stop = ''] = /action="(\/account\/operations\/[^"]+)"/.exec((await visitor.get(path)).body) ?? []
    await visitor.post(stop, { continue: path })
    const waits = (await visitor.get(path)).body
    await run.goesOn()
    await run.step('readRepository:line_1')
    const runs = (await visitor.get(path)).body

    for (const body of [waits, runs]) {
      expect(body).toContain('<h1>Cancelling</h1>')
      expect(body).not.toContain('You allow the access')
      expect(body.match(/aria-current="step"/g)).toHaveLength(1)
      expect(body).toMatch(/class="step-current"[^]*We stop publishing/)
    }
  })

  test('the list of packages leads to the form', async () => {
    expect(await mainOf(await at.signedIn('vendor'), PACKAGES)).toContain(`href="${PUBLISH}"`)
    expect(await mainOf(at.nils, PACKAGES)).toContain(`href="${PUBLISH}"`)
  })
})
