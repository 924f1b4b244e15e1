import type { FastifyInstance, FastifyReply } from 'fastify'
import { syncPackage } from '#contracts/sync-package'
import { VISIBILITIES, type Visibility } from '#domain/catalogue'
import { setVisibility, updatePackage } from '#domain/offers'
import { assertMay } from '#domain/orgs'
import { DomainError } from '#kernel/errors'
import { noteCode } from '../audit-refusals.ts'
import { type Wrong, pricesIn } from './offer-forms.ts'
import { START } from '../visit-limits.ts'
import { sendPackage } from './package-page.ts'
import { pathOf } from './paths.ts'
import { type ForPackage, type PackagesOptions, sentWith, textsIn, type Visit, visitOf } from './visit.ts'

type Texts = (name: string) => string
/** Carries out a form. Returns what a person has to correct. */
type Change = (visit: Visit, texts: Texts) => Promise<string | void>

/** The forms of a package page. Each does what a tool of the same name does. */
export function packageForms(app: FastifyInstance, options: PackagesOptions): void {
  for (const [form, change] of Object.entries(changesOn(options)))
    app.post<ForPackage>(pathOf(':package', form), START, async (request, reply) => {
      const visit = await visitOf(options, request, reply)
      if (!visit) return reply
      return carryOut(options, visit, { form, change })
    })
}

async function carryOut(
  options: PackagesOptions,
  visit: Visit,
  { form, change }: { form: string; change: Change },
): Promise<FastifyReply> {
  const typed = textsIn(visit.request)
  const message = await change(visit, typed).catch((error: unknown) => shownInTheForm(visit, error))
  if (message !== undefined)
    return sendPackage(options, visit, { form: form as Wrong['form'], message, typed })
  return visit.reply.redirect(`${pathOf(visit.pack.id)}?saved=${form}`, 303)
}

/** What a person can correct in the form. Every other error has a page of its own. */
function shownInTheForm({ request }: Visit, error: unknown): string {
  const canCorrect = error instanceof DomainError && (error.kind === 'invalid' || error.kind === 'conflict')
  if (!canCorrect || error.code === 'package_changed' || error.code === 'idempotency_key_reused') throw error
  noteCode(request, error.code)
  return error.message
}

/** A field that the form itself refuses; the code is that of a tool for wrong arguments. */
function refused({ request }: Visit, message: string): string {
  noteCode(request, 'invalid_input')
  return message
}

function changesOn({ db, operations, currencies, now }: PackagesOptions): Record<string, Change> {
  return {
    async texts(visit, texts) {
      const update = { package: visit.pack.name, title: texts('title'), summary: texts('summary') }
      await save(visit, texts, update)
    },

    async prices(visit, texts) {
      const parsed = pricesIn(texts)
      assertMay(visit.org, 'manage_packages')
      if ('message' in parsed) return refused(visit, parsed.message)
      await save(visit, texts, { package: visit.pack.name, prices: parsed.prices })
    },

    async visibility(visit, texts) {
      const { caller, org, pack } = visit
      assertMay(org, 'manage_packages')
      const visibility = texts('visibility')
      if (!isVisibility(visibility)) return refused(visit, 'Choose who sees it.')
      const wanted = { package: pack.name, visibility, currencies, ...sentWith(texts) }
      await setVisibility(db, { caller, org, ...wanted, at: now() })
    },

    async sync({ caller, org, pack }, texts) {
      assertMay(org, 'publish')
      const { key } = sentWith(texts)
      await operations.startOrJoin(syncPackage, {
        key,
        caller,
        org,
        input: { package: pack.name },
        at: now(),
      })
    },
  }

  async function save(
    { caller, org }: Visit,
    texts: Texts,
    change: Parameters<typeof updatePackage>[1]['update'],
  ): Promise<void> {
    const { key, revision } = sentWith(texts)
    await updatePackage(db, { caller, org, key, update: { ...change, revision }, currencies, at: now() })
  }
}

const isVisibility = (text: string): text is Visibility => VISIBILITIES.some((each) => each === text)
