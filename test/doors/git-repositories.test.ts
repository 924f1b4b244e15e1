import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { GitHost } from '#kernel/git-host'
import { mintId } from '#kernel/ids'
import { aMember } from '../support/a-member.ts'
import { aSoldPackage } from '../support/a-sold-package.ts'
import { aGitApp, type GitApp } from '../support/a-git-app.ts'
import { aVisitor, titleAndMainOf } from '../support/a-visitor.ts'
import { exampleHost } from '../support/git.ts'
import { aMcpDoor } from '../support/mcp.ts'
import { aModernClient } from '../support/mcp-clients.ts'

const PAGE = '/account/git'

let doors: GitApp
/** How many repositories the host lists besides those of each integration, on pages of 50. */
const host = { more: 0, pagesRead: 0 }
const listing: Partial<GitHost> = {
  async listRepositories(grant, page) {
    host.pagesRead++
    const { repositories } = await exampleHost.listRepositories(grant, 1)
    const [like] = repositories
    const more = Array.from({ length: host.more }, (_, n) => ({
      ...like!,
      id: `more-${n}`,
      path: `acme/other-${n}${n % 40 ? '' : '-<b>odd\u202E'}`,
      cloneUrl: `https://git.example/acme/other-${n}.git`,
      isPrivate: false,
    }))
    const all = [...repositories, ...more].slice((page - 1) * 50)
    return { repositories: all.slice(0, 50), ...(all.length > 50 && { nextPage: page + 1 }) }
  },
}
beforeAll(async () => {
  doors = await aGitApp(listing)
})
afterAll(() => doors.close())

describe('the page of the repositories of a Git host', () => {
  test('the page lists the repositories, which of them are published, and leads to the form of each', async () => {
    const { db } = doors
    const id = await doors.connected()
    const of = doors.market.package('northwind/module-stock')
    const at = new Date()
    const noHook = db.updateTable('package_hooks').set({ removed_at: at }).where('removed_at', 'is', null)
    await noHook.execute()
    const wanted = {
      package: of,
      org: doors.market.org('northwind'),
      host: 'git.example',
      repository: '2',
      at,
    }
    await doors.git.installHook({ hook: mintId('hok', at, Math.random), ...wanted })
    // a package of another org follows the other repository
    const { id: ofAcme } = await db
      .selectFrom('packages')
      .select('id')
      .where('name', '=', await aSoldPackage(doors.market, at, 'acme-retail'))
      .executeTakeFirstOrThrow()
    const foreign = { package: ofAcme, repository: '1' }
    await doors.git.installHook({ hook: mintId('hok', at, Math.random), ...wanted, ...foreign })
    const visitor = await doors.signedIn('vendor')

    expect(titleAndMainOf((await visitor.get(PAGE)).body)).toContain(`href="${PAGE}/${id}/repositories"`)
    const main = titleAndMainOf((await visitor.get(`${PAGE}/${id}/repositories`)).body).replaceAll(
      /\s+/g,
      ' ',
    )

    const url = 'https://git.example/acme/module-1.git'
    expect(main).toContain(`href="/account/vendor/publish?repository=${encodeURIComponent(url)}"`)
    expect(main).toContain('value="https://git.example/acme/module-2.git"')
    expect(main).toMatch(/published as <a class="mono" href="[^"]+"\s*>northwind\/module-stock</)
    expect(main.match(/badge good">published/g)).toHaveLength(1)
    const second = { package: doors.market.package('northwind/module-search'), repository: '1' }
    await doors.git.installHook({ hook: mintId('hok', at, Math.random), ...wanted, ...second })
    const done = titleAndMainOf((await visitor.get(`${PAGE}/${id}/repositories`)).body)
    expect(done).toContain('All of these are published')
    expect(done).not.toMatch(/type="checkbox"|Publish the chosen ones/)
    await noHook.execute()
    expect((await visitor.get(`${PAGE}/${id}/repositories`)).body).not.toContain('published as')
    await db.deleteFrom('git_integrations').where('id', '=', id).execute()
  })

  test('the page has pages and a search over all of them, and asks the host for no more than it shows', async () => {
    const { db } = doors
    const id = await doors.connected()
    const repositories = ['1', '2', ...Array.from({ length: 70 }, (_, n) => `more-${n}`)]
    await db.updateTable('git_integrations').set({ repositories }).where('id', '=', id).execute()
    const visitor = await doors.signedIn('vendor')
    const open = async (query: string) =>
      titleAndMainOf((await visitor.get(`${PAGE}/${id}/repositories${query}`)).body)
    const rowsOf = (main: string) =>
      [...main.matchAll(/class="mono">(acme\/[\w<>&#;-]+)<\/span>/g)].map((row) => row[1])
    Object.assign(host, { more: 70, pagesRead: 0 })

    const pages = [await open('')]
    const readForFirst = host.pagesRead
    for (let next; (next = /href="[^"]*repositories(\?[^"]*after=[^"]*)"/.exec(pages.at(-1) ?? '')?.[1]);)
      pages.push(await open(next.replaceAll('&#38;', '&')))

    expect(readForFirst).toBe(1)
    expect(pages.map((page) => rowsOf(page).length)).toEqual([30, 30, 12])
    expect(new Set(pages.flatMap(rowsOf)).size).toBe(72)
    expect(rowsOf(await open('?search=OTHER-69'))).toEqual(['acme/other-69'])
    expect(rowsOf(await open('?search=odd'))).toEqual([
      'acme/other-0-&#60;b&#62;odd',
      'acme/other-40-&#60;b&#62;odd',
    ])
    expect(await open('?search=nothing<b>')).toContain('“nothing&#60;b&#62;”')
    expect(rowsOf(await open('?after=nonsense'))).toHaveLength(30)
    expect(rowsOf(await open('?after=9.1'))).toEqual([])
    host.more = 0
    await db.deleteFrom('git_integrations').where('id', '=', id).execute()
  })

  test('the page of a host that lists more than one request reads says that it stopped, and reads on', async () => {
    const id = await doors.connected()
    const visitor = await doors.signedIn('vendor')
    const open = async (query: string) =>
      titleAndMainOf((await visitor.get(`${PAGE}/${id}/repositories${query}`)).body).replaceAll(/\s+/g, ' ')
    // of 1,102 repositories, this integration may use the first two
    Object.assign(host, { more: 1_100, pagesRead: 0 })

    const first = await open('')
    const searched = await open('?search=nothing')

    expect(host.pagesRead).toBe(40)
    expect(first).toContain('acme/module-2')
    for (const page of [first, searched]) {
      expect(page).toContain('git.example lists more repositories than we read at once, so we stopped.')
      expect(page).toContain('href="/account/vendor/publish">enter the URL')
      expect(page).not.toMatch(/Next repositories|No repository/)
    }
    expect(searched).toContain('None with “nothing” was found so far.')
    const on = /href="[^"]*repositories(\?[^"]*)"[^>]*>\s*Search on/.exec(searched)?.[1] ?? ''
    const rest = await open(on.replaceAll('&#38;', '&'))
    expect(rest).toContain('No other repository with “nothing” was found here.')
    expect(rest).not.toContain('Search on')
    expect(host.pagesRead).toBe(43)
    host.more = 0
    await doors.db.deleteFrom('git_integrations').where('id', '=', id).execute()
  })

  test('list_git_repositories gives a cursor when the host lists more than one call reads', async () => {
    const { db } = doors
    const integration = await doors.connected()
    const door = await aMcpDoor({ db, git: doors.git })
    onTestFinished(() => door.close())
    const { ask } = await aMember({ door, market: doors.market }, aModernClient, {
      name: 'vendor',
      org: 'northwind',
    })
    Object.assign(host, { more: 1_100, pagesRead: 0 })

    const first = await ask('list_git_repositories', { integration })
    const rest = await ask('list_git_repositories', { integration, cursor: first.next_cursor })

    expect(first).toMatchObject({ items: [{ path: 'acme/module-1' }, { path: 'acme/module-2' }] })
    expect([rest.items, rest.next_cursor, host.pagesRead]).toEqual([[], undefined, 23])
    host.more = 0
    await db.deleteFrom('git_integrations').where('id', '=', integration).execute()
  })

  test('a person of another org finds no repositories, and a visitor who is not signed in is sent to sign in', async () => {
    const id = await doors.connected()
    const url = `${PAGE}/${id}/repositories`

    for (const name of ['buyer', 'newvendor'])
      expect([name, (await (await doors.signedIn(name)).get(url)).statusCode]).toEqual([name, 404])
    expect((await aVisitor(doors.app).get(url)).headers.location).toContain('/sign-in?continue=')
  })
})
