import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { entriesBefore, logHead, type StoredEntry } from '#domain/transparency'
import { packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import { linkButton } from './components/button.ts'
import { table } from './components/table.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { sendPage } from './layout.ts'

const PATH = '/log'
const PAGE = 50

// whatever is not valid is ignored, so that every link to the page works
const pageQuery = z.object({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().catch(undefined),
  package: packageName.optional().catch(undefined),
})

/** The page of the transparency log, newest entries first. Everybody may read it. */
export async function logPage(app: FastifyInstance, { db }: { db: Db }): Promise<void> {
  app.get(PATH, async (request, reply) => {
    const { before = Number.MAX_SAFE_INTEGER, package: named } = pageQuery.parse(request.query)
    const { size, root } = await logHead(db)
    const found = await entriesBefore(db, { before, limit: PAGE + 1, package: named })
    const entries = found.slice(0, PAGE)
    const oldest = found.length > PAGE ? entries.at(-1)?.leaf : undefined
    return sendPage(reply, {
      title: 'Log',
      heading: 'What happened to packages',
      lead: html`Every published version, moved tag, withdrawal, block and advisory of a public package.
        Nobody can change or remove an entry without being noticed: ${String(size)} entries,
        <a href="/log/head">signed head</a> <span class="mono">${root.toString('hex').slice(0, 16)}</span>,
        <a href="/log/key">key</a>, <a href="/log.json">feed</a>.`,
      breadcrumb: [{ href: '/', text: 'Packages' }],
      body: html`${named !== undefined && html`<p>Only ${named}. <a href="${PATH}">Show all packages</a></p>`}
      ${entryTable(entries)}
      ${oldest !== undefined && linkButton(olderThan(oldest, named), 'Older entries', { kind: 'quiet' })}`,
    })
  })
}

const olderThan = (leaf: number, named: string | undefined): string =>
  `${PATH}?${named === undefined ? '' : `package=${encodeURIComponent(named)}&`}before=${leaf}`

/** The fields of an entry that the page shows. */
interface ShownEntry {
  kind: string
  logged_at: string
  package: string
  version?: string
  commit?: string
  zip_sha256?: string
  moved_to?: string
  advisory?: string
  affected_versions?: string
  severity?: string
  cve?: string
}

const entryTable = (entries: readonly StoredEntry[]): Html =>
  table({
    caption: 'Entries',
    isCaptionHidden: true,
    columns: [
      { title: 'Number', isNumber: true },
      { title: 'When' },
      { title: 'What' },
      { title: 'Package' },
      { title: 'Facts' },
    ],
    rows: entries.map(({ leaf, body }) => {
      const entry = JSON.parse(body) as ShownEntry
      return [
        html`<a href="/log/inclusion?leaf=${leaf}">${leaf}</a>`,
        momentText(new Date(entry.logged_at)),
        WORDS[entry.kind] ?? entry.kind,
        html`<a class="mono" href="${PATH}?package=${encodeURIComponent(entry.package)}">${entry.package}</a>
          ${entry.version !== undefined && html`<span class="mono">${entry.version}</span>`}`,
        factsOf(entry),
      ]
    }),
    empty: 'Nothing has happened yet.',
  })

const WORDS: Record<string, string> = {
  version_published: 'Published',
  tag_moved: 'Tag moved',
  version_withdrawn: 'Withdrawn',
  version_blocked: 'Blocked as malware',
  advisory_filed: 'Security advisory',
}

function factsOf(entry: ShownEntry): Html {
  const facts = {
    advisory: entry.cve ?? entry.advisory,
    severity: entry.severity,
    affects: entry.affected_versions,
    commit: entry.commit,
    'moved to': entry.moved_to,
    'zip SHA-256': entry.zip_sha256,
  }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return html`${known.map(
    ([name, value]) =>
      html`<span class="small">${name} <span class="mono">${value}</span></span
        ><br />`,
  )}`
}
