import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aName, outcomesOf as outcomes, publish, publisherTest } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'
import { justBefore } from '../support/faults.ts'

const test = publisherTest()

describe.skipIf(!timeSkippingServer)('a repository that is published', { timeout: 60_000 }, () => {
  test('a publication without access waits for the consent and then completes by itself', async ({
    publisher,
  }) => {
    await publisher.disconnects()
    const name = aName()
    const url = await publisher.repository({ name, tags: ['v1.0.0', 'nightly', '1.1.0'] })

    const waiting = await publisher.runs('publish_package', { repositories: [url] })
    expect(waiting).toMatchObject({
      status: 'waiting_for_you',
      next_action: { type: 'open_url', reason: 'git_consent' },
    })
    const before = await publisher.traces()
    await publisher.consents(waiting.operation_id)
    const { operation_id } = waiting
    await expect
      .poll(async () => (await publisher.assistant.call('get_operation', { operation_id })).status, {
        timeout: 20_000,
      })
      .not.toBe('waiting_for_you')
    const published = await publisher.over(
      await publisher.assistant.call('get_operation', { operation_id: waiting.operation_id }),
    )

    expect(before.packages).not.toContain(name)
    expect(published).toMatchObject({ status: 'completed' })
    expect(outcomes(published)).toMatchObject([
      {
        outcome: 'published',
        package: name,
        hook: 'installed',
        versions: [{ version: '1.1.0' }, { version: '1.0.0' }],
        skipped: [{ tag: 'nightly', reason: 'not_a_version_tag' }],
      },
    ])
    expect((await publisher.traces()).hooks).toHaveLength(before.hooks.length + 1)
  })

  test('an ssh URL and an https URL of a repository are the same request', async ({ publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const { host, pathname } = new URL(url)
    const key = randomUUID()

    const first = await publisher.runs('publish_package', { repositories: [url], idempotency_key: key })
    const again = await publisher.assistant.call('publish_package', {
      repositories: [`https://${host}${pathname.replace('.git', '/')}`],
      idempotency_key: key,
    })

    expect(again).toMatchObject({ operation_id: first.operation_id, replayed: true, status: 'completed' })
  })

  test('a dry run says what would be published, and writes nothing', async ({ publisher }) => {
    await publisher.connects()
    const name = aName()
    const url = await publisher.repository({ name, tags: ['v1.0.0', '1.0.0', 'x', 'v1.1.0-beta1'] })
    const before = await publisher.traces()

    expect(await publish(publisher, url, { dry_run: true })).toMatchObject({
      outcome: 'would_be_published',
      package: name,
      versions: [{ version: '1.1.0-beta1' }, { version: '1.0.0' }],
      skipped: [
        { tag: 'v1.0.0', reason: 'same_version_exists' },
        { tag: 'x', reason: 'not_a_version_tag' },
      ],
    })
    expect(await publisher.traces()).toEqual(before)
  })

  test('a package that the vendor has published before is looked at again', async ({ publisher }) => {
    await publisher.connects()
    const url = await publisher.repository()

    const first = await publish(publisher, url)
    const second = await publish(publisher, url)

    expect(first).toMatchObject({ outcome: 'published' })
    expect(second).toEqual({ ...first, outcome: 'already_published' })
    const watchers = publisher.shop.db
      .selectFrom('sync_watchers as w')
      .innerJoin('packages as p', 'p.id', 'w.package_id')
      .select('w.operation_id')
      .where('p.name', '=', (first as { package: string }).package)
    expect(await watchers.execute()).toHaveLength(1) // the first operation is forgotten
  })

  test('two publications of a repository at once make one package with one hook', async ({ publisher }) => {
    await publisher.connects()
    const name = aName()
    const url = await publisher.repository({ name })
    const before = await publisher.traces()

    const both = await Promise.all([publish(publisher, url), publish(publisher, url)])

    expect(both.map((each) => (each as { outcome: string }).outcome).toSorted()).toEqual([
      'already_published',
      'published',
    ])
    const after = await publisher.traces()
    expect(after.packages).toHaveLength(before.packages.length + 1)
    expect(after.hooks).toHaveLength(before.hooks.length + 1)
  })

  test('a refused repository spares the others', async ({ publisher }) => {
    await publisher.connects()
    const [good, foreign] = [
      await publisher.repository(),
      await publisher.repository({ name: 'northwind/module-x' }),
    ]

    const operation = await publisher.runs('publish_package', { repositories: [foreign, good] })

    expect(outcomes(operation)).toMatchObject([
      {
        outcome: 'refused',
        error: { code: 'name_not_in_namespace', next_step: expect.stringContaining('contoso/') },
      },
      { outcome: 'published' },
    ])
  })

  test.for([
    ['name_not_in_namespace', { name: 'northwind/module-search' }],
    ['no_version_tags', { tags: ['nightly'] }],
    ['manifest_missing', { files: { 'README.md': 'no manifest' } }],
    ['manifest_invalid', { files: { 'composer.json': '{"name":"Not A Name"}' } }],
    ['manifest_invalid', { files: { 'composer.json': '{"name":"contoso/x","require":{"php":"^"}}' } }],
    ['git_wrong_account', { owner: 'otto' }],
  ] as const)(
    'a repository is refused with %s, and nothing is left behind: %j',
    async ([code, wanted], { publisher }) => {
      await publisher.connects()
      const url = await publisher.repository(wanted)
      const before = await publisher.traces()

      expect(await publish(publisher, url)).toMatchObject({ code, next_step: expect.any(String) })
      expect(await publisher.traces()).toEqual(before)
    },
  )

  test('a repository to which the account may not push is refused', async ({ publisher }) => {
    await publisher.connects()
    const url = await publisher.repository({ owner: 'otto' })
    const path = new URL(url).pathname.slice(1).replace('.git', '')
    await publisher.host.sim('POST members', { path, user: 'nils', access: 'read' })

    expect(await publish(publisher, url)).toMatchObject({ code: 'git_repository_not_granted' })
  })

  test('a package keeps the repository that it was published from', async ({ publisher }) => {
    await publisher.connects()
    const name = aName()
    const [first, other] = [await publisher.repository({ name }), await publisher.repository({ name })]
    await publish(publisher, first)

    expect(await publish(publisher, other)).toMatchObject({ code: 'package_has_another_repository' })
  })

  test('a URL of an unknown host is refused before an operation begins', async ({ publisher }) => {
    const call = (url: string) =>
      publisher.assistant.call('publish_package', { repositories: [url], idempotency_key: randomUUID() })

    expect(await call('https://unknown.example/a/b')).toMatchObject({
      isError: true,
      error: { code: 'git_host_unknown' },
    })
    expect(await call('https://me:secret@unknown.example/a/b')).toMatchObject({
      isError: true,
      error: { code: 'git_url_invalid' },
    })
  })

  test('a person who lost the role meanwhile publishes nothing', async ({ publisher }) => {
    await publisher.connects()
    const { db, market } = publisher.shop
    const role = (wanted: 'owner' | 'viewer') =>
      db
        .updateTable('org_members')
        .set({ role: wanted })
        .where('org_id', '=', market.org('contoso'))
        .where('customer_id', '=', market.person('newvendor'))
        .execute()
    const url = await publisher.repository()
    const before = await publisher.traces()
    publisher.shop.breaks(justBefore('createPackage', () => role('viewer')))

    const operation = await publisher.runs('publish_package', { repositories: [url] })
    await role('owner')

    expect(operation).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    expect(await publisher.traces()).toEqual(before)
  })

  test('a person publishes by a form without JavaScript, allows the access on the way, and sees what became of it', async ({
    publisher,
  }) => {
    await publisher.disconnects()
    const { shop, host } = publisher
    const name = aName()
    const urls = [
      await publisher.repository({ name, tags: ['v1.0.0', 'nightly', '1.1.0'] }),
      await publisher.repository({ name: 'northwind/module-x' }),
    ]
    const nils = await shop.visitor('newvendor')
    const form = (await nils.get('/account/vendor/publish')).body
    const key = /name="key" value="([^"]+)"/.exec(form)?.[1]
    const fields = { org: 'contoso', key, repositories: urls.join('\n') }

    // a double click
    const answers = [
      await nils.post('/account/vendor/publish', fields),
      await nils.post('/account/vendor/publish', fields),
    ]
    const [page = '', again] = answers.map(({ headers }) => headers.location)
    expect(again).toBe(page)
    const look = async () => titleAndMainOf((await nils.get(page)).body).replaceAll(/\s+/g, ' ')
    await expect.poll(look, { timeout: 20_000 }).toContain('You allow the access')
    const { body } = await nils.post(page, { hooks: 'yes' })
    const link = /class="button" href="([^"]+)"/.exec(body)?.[1] ?? ''
    const back = await host.answers(link.replaceAll('&#38;', '&'), 'nils', 'allow')
    const callback = await nils.get(`${back.pathname}${back.search}`)
    const returned = await nils.get(callback.headers.location ?? '')
    await expect.poll(look, { timeout: 40_000 }).toContain('A part is published')

    expect([callback.headers.location, returned.headers.location]).toEqual([
      `${page}/return`,
      expect.stringContaining(page),
    ])
    const shown = await look()
    expect(shown).toMatch(new RegExp(`href="/account/vendor/packages/pkg_\\w+">${name}</a`))
    expect(shown).toContain('2 versions: <span class="mono">1.1.0, 1.0.0</span')
    expect(shown).toContain('<span class="mono">nightly</span>')
    expect(shown).toContain('Name it contoso/… in composer.json')
    const [{ id } = { id: '' }] = await shop.git.list(shop.market.org('contoso'))
    const listed = await nils.get(`/account/git/${id}/repositories?search=${name.split('/')[1]}`)
    expect(titleAndMainOf(listed.body)).toMatch(/published as\s*<a[^>]*>contoso/)
  })
})
