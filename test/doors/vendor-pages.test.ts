import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import { approveVendor, declineVendor, VENDOR_TERMS_VERSION } from '#domain/vendors'
import { aLicence } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { looksAt } from '../support/an-applicant.ts'
import { aVisitor, titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import { writtenBy } from '../support/written-events.ts'

const PAGE = '/account/vendor'
const APPLY = `${PAGE}/apply`
const AT = new Date('2026-11-30T10:00:00Z')

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const signedIn = (name: string) => doors.signedIn(name, PAGE)
const form = (slug: string, more: object = {}) => ({
  org: 'initech',
  slug,
  name: 'Initech Extensions',
  website: 'https://initech.example',
  terms: VENDOR_TERMS_VERSION,
  ...more,
})
/** Applies and returns the path of the application. */
async function applied(visitor: Visitor, slug: string): Promise<string> {
  const { headers } = await visitor.post(APPLY, form(slug))
  return String(headers.location).replace('?saved=applied', '')
}
const vendorsOf = (org: string) =>
  doors.db
    .selectFrom('vendors')
    .select(['slug', 'name'])
    .where('org_id', '=', doors.market.org(org))
    .execute()
const main = async (visitor: Visitor, path: string) => titleAndMainOf((await visitor.get(path)).body)

describe('the pages of a vendor', () => {
  test('a person applies by the form, sees what comes next, changes it and withdraws it', async () => {
    const tara = await signedIn('threeds')
    expect(await main(tara, PAGE)).toContain('Become a vendor')
    expect(await main(tara, APPLY)).toContain('vendor terms')

    const path = await applied(tara, 'initech-one')
    expect(await main(tara, path)).toContain('The operator of this market decides')
    expect(await main(tara, `${path}?saved=constructor`)).toContain('It is saved.')
    expect(await main(tara, PAGE)).toContain('waits for approval')
    const written = await writtenBy(doors.db, async () => {
      const changed = await tara.post(path, form('initech-two', { name: 'Renamed' }))
      expect([changed.statusCode, changed.headers.location]).toEqual([303, `${path}?saved=changed`])
      expect(await vendorsOf('initech')).toEqual([{ slug: 'initech-two', name: 'Renamed' }])
      expect(await main(tara, `${path}/withdraw`)).toContain('is free again')
      expect((await tara.post(`${path}/withdraw`, { org: 'initech' })).headers.location).toBe(
        `${PAGE}?saved=withdrawn`,
      )
    })

    expect(written).toMatchObject([
      { action: 'change_vendor_application', customer: doors.market.person('threeds') },
      { action: 'withdraw_vendor_application', customer: doors.market.person('threeds') },
    ])
    expect(await vendorsOf('initech')).toEqual([])
    expect(await main(tara, path)).toContain('The application was withdrawn')
    expect((await tara.post(`${path}/withdraw`, { org: 'initech' })).statusCode).toBe(409)
  })

  test('a form that is sent twice applies once', async () => {
    const tara = await signedIn('threeds')
    const { body } = await tara.get(APPLY)
    const [, key = ''] = /name="key"\s+value="([^"]+)"/.exec(body) ?? []

    const first = await tara.post(APPLY, form('initech-twice', { key }))
    const second = await tara.post(APPLY, form('initech-twice', { key }))

    expect(key).toHaveLength(36)
    expect([first.statusCode, second.headers.location]).toEqual([303, first.headers.location])
    await tara.post(`${String(first.headers.location).split('?')[0]}/withdraw`, { org: 'initech' })
  })

  test.for([
    [{ slug: 'New Wind' }, 'You could use new-wind.', 'vendor_slug_invalid'],
    [{ slug: 'northwind' }, 'northwind is taken.', 'vendor_slug_taken'],
    [{ name: ' ' }, 'has 2 to 100 characters', 'vendor_name_invalid'],
    [{ website: 'http://initech.example' }, 'is an https URL', 'vendor_website_invalid'],
    [{ terms: '' }, 'Read and accept the vendor terms.', 'vendor_terms_not_current'],
  ] as const)(
    'a form with %o is shown again with the mistake and what was typed',
    async ([wrong, says, code]) => {
      const tara = await signedIn('threeds')

      const written = await writtenBy(doors.db, async () => {
        const { statusCode, body } = await tara.post(
          APPLY,
          form('<initech>', { slug: 'initech-new', ...wrong }),
        )
        expect(statusCode).toBe(422)
        expect(titleAndMainOf(body)).toContain(says)
        const typed = 'website' in wrong ? wrong.website : 'https://initech.example'
        expect(body).toContain(`value="${typed}"`)
      })

      expect(written).toMatchObject([{ outcome: 'refused', code }])
      expect(await vendorsOf('initech')).toEqual([])
    },
  )

  test('an approved application leads to the vendor, and a declined one shows the reason and offers another application', async () => {
    const tara = await signedIn('threeds')
    const path = await applied(tara, 'initech-three')
    const reason = 'That <b>shop</b> is not yours.'
    await declineVendor(doors.db, { ...(await looksAt(doors.db, 'initech-three')), reason, at: AT })

    const declined = await main(tara, path)
    expect(declined).toContain('That &#60;b&#62;shop&#60;/b&#62; is not yours.')
    expect(declined).toContain('Apply again')
    const again = await applied(tara, 'initech-three')
    await approveVendor(doors.db, { ...(await looksAt(doors.db, 'initech-three')), at: AT })

    expect(await main(tara, again)).toContain('You are a vendor')
    const overview = await main(tara, PAGE)
    expect(overview).toContain('cannot be sold yet')
    expect(overview).toContain('declined')
    expect(await main(tara, '/account/vendor/packages')).toContain('Push a tag such as')
  })

  test('the overview shows packages and sales to an owner, no sales to a developer, and no links of packages to a billing member', async () => {
    await aLicence(doors.market, { package: 'northwind/module-search' })
    const org = doors.market.org('northwind')
    const member = async (name: string, role: 'developer' | 'billing') => {
      await addMember(doors.db, { org, customer: doors.market.person(name), role, at: AT })
      const visitor = await signedIn(name)
      await visitor.post('/account/active-org', { org: 'northwind' })
      return visitor
    }
    const [vera, dev, bill] = [
      await signedIn('vendor'),
      await member('nocard', 'developer'),
      await member('billing', 'billing'),
    ]

    const [owners, developers, billing] = [
      await main(vera, PAGE),
      await main(dev, PAGE),
      await main(bill, PAGE),
    ]

    for (const page of [owners, developers]) {
      expect(page).toMatch(
        /<a class="mono" href="\/account\/vendor\/packages\/pkg_\w+">northwind\/module-search<\/a>/,
      )
      expect(page).toMatch(/<th scope="col" class="wide-only">Last look/)
      expect(page).toContain(`href="${PAGE}/packages"`)
      expect(page).toMatch(/<a\s+class="button"\s+href="\/account\/vendor\/publish"/)
    }
    expect(owners).toMatch(/<a href="\/account\/vendor\/apply">Apply for another slug/)
    expect(billing).not.toContain('/account/vendor/publish')
    expect(billing).toContain('<span class="mono">northwind/module-search</span>')
    expect(billing).not.toMatch(/href="\/account\/vendor\/packages\/pkg_/)
    expect(owners).toMatch(/Last sales[\s\S]*Magento Open Source[\s\S]*\d EUR/)
    expect(owners).not.toMatch(/acme/i)
    expect([developers.includes('Last sales'), developers.includes('Apply for another')]).toEqual([
      false,
      false,
    ])
  })

  test('other orgs do not find an application, and other roles do not change it', async () => {
    const bea = await signedIn('buyer')
    await bea.post(APPLY, { ...form('acme-one'), org: 'acme-retail' })
    const { id } = await doors.db
      .selectFrom('vendors')
      .select('id')
      .where('slug', '=', 'acme-one')
      .executeTakeFirstOrThrow()
    const path = `${PAGE}/applications/${id}`
    const [tara, dev, vic] = [
      await signedIn('threeds'),
      await signedIn('developer'),
      await signedIn('viewer'),
    ]
    await dev.post('/account/active-org', { org: 'acme-retail' })

    expect((await tara.get(path)).statusCode).toBe(404)
    expect((await tara.post(path, form('stolen'))).statusCode).toBe(404)
    expect((await tara.post(`${path}/withdraw`, { org: 'acme-retail' })).statusCode).toBe(404)
    expect((await vic.get(path)).statusCode).toBe(404)
    const seen = await main(dev, path)
    expect([seen.includes('What was sent'), seen.includes('Withdraw')]).toEqual([true, false])
    expect((await dev.get(`${path}/withdraw`)).statusCode).toBe(404)
    const refused = await dev.post(path, { ...form('acme-two'), org: 'acme-retail' })
    expect(refused.statusCode).toBe(403)
    expect((await bea.post(path, form('acme-two', { _csrf: undefined }))).statusCode).toBe(403)
    expect((await aVisitor(doors.app).get(path)).headers.location).toContain('/sign-in?continue=')
    expect(await main(vic, APPLY)).toContain('Nothing to see here')
    expect(await vendorsOf('acme-retail')).toEqual([{ slug: 'acme-one', name: 'Initech Extensions' }])
  })
})
