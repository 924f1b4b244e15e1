import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type ListedLicence, listLicences, licencePlaceAfter, licencePlaceIn } from '#domain/licensing'
import type { OrgAccess } from '#domain/orgs'
import { csvLine, csvText } from '#kernel/csv'
import type { Logger } from '#platform/logger'
import { inChunks, watched } from '../audit-download.ts'
import { LICENCES } from '../buying/own-steps.ts'
import type { BuyingOptions } from '../buying/visit.ts'
import { sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { licenceList } from './list-view.ts'
import { filterOf, type LicenceQuery, queryIn } from './query.ts'

export type LicencesOptions = BuyingOptions & { log: Logger }

const SHOWN = 50
/** How many licences are read at once for a download. */
const AT_ONCE = 500

/** The licences of the org in which the visitor works, and the same list as CSV. */
export function licenceListPage(app: FastifyInstance, options: LicencesOptions): void {
  const { db, log, now } = options

  app.get(LICENCES, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return reply.redirect('/account', 303)
    const [query, at] = [queryIn(request.query), now()]
    const filter = { org: org.id, ...filterOf(query, at), after: licencePlaceIn(query.after), at }
    const found = await listLicences(db, { ...filter, limit: SHOWN + 1 })
    const licences = found.slice(0, SHOWN)
    return sendPage(reply, licenceList({ org, query, licences, hasMore: found.length > SHOWN, at }))
  })

  app.get(`${LICENCES}/export.csv`, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return reply.redirect('/account', 303)
    const at = now()
    const lines = csvOf(options, org, queryIn(request.query), at)
    const name = `licences-${org.slug}-${at.toISOString().slice(0, 10)}.csv`
    return reply
      .type('text/csv; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(Readable.from(inChunks(watched(lines, { request: request.id, log, what: 'licences' }))))
  })
}

const COLUMNS: Readonly<Record<string, (licence: ListedLicence) => string>> = {
  licence: ({ id }) => id,
  package: ({ packageName }) => packageName,
  edition: ({ edition }) => edition,
  model: ({ model }) => model,
  status: ({ status }) => status,
  valid_from: ({ activatedAt }) => activatedAt?.toISOString() ?? '',
  valid_until: ({ validUntil }) => validUntil?.toISOString() ?? '',
  slots: ({ slots }) => String(slots),
  free_slots: ({ freeSlots }) => String(freeSlots),
  projects: ({ projects }) => projects.map(({ slug }) => slug).join(' '),
}

async function* csvOf(
  { db }: Pick<BuyingOptions, 'db'>,
  { id: org }: OrgAccess,
  query: LicenceQuery,
  at: Date,
): AsyncGenerator<string> {
  yield csvLine(Object.keys(COLUMNS))
  let after: ReturnType<typeof licencePlaceIn>
  for (;;) {
    const page = await listLicences(db, { org, ...filterOf(query, at), limit: AT_ONCE, after, at })
    for (const each of page) yield csvLine(Object.values(COLUMNS).map((of) => csvText(of(each))))
    const last = page.at(-1)
    if (!last || page.length < AT_ONCE) return
    after = licencePlaceIn(licencePlaceAfter(last))
  }
}
