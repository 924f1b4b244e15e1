import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { EDITIONS, type Edition } from '#kernel/schemas'
import { button } from '../components/button.ts'
import { select, textArea } from '../components/field.ts'
import { errorSummary } from '../components/notice.ts'
import { editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { csrfField } from '../session.ts'

export const RESOLVE = '/account/resolve'

/** A field that is missing or sent twice is empty. */
export const resolveForm = z.object({
  composer_json: z.string().catch(''),
  lock: z.string().catch(''),
  project: z.string().max(64).catch(''),
  edition: z.enum(EDITIONS).optional().catch(undefined),
})

export interface FormShown {
  /** The projects that the visitor may choose. */
  projects: ReadonlyArray<{ slug: string; name: string }>
  project?: string
  edition?: Edition | undefined
  composerJson?: string
  error?: { name: 'composer_json' | 'lock' | 'project'; error: string }
}

/** The form for the files of a shop. A long lock is not shown again. */
export const formOf = (reply: FastifyReply, shown: FormShown): Html =>
  html`<form class="stack card" method="post" action="${RESOLVE}">
    ${errorSummary(shown.error ? [shown.error] : [])} ${csrfField(reply)}
    ${textArea({
      isCode: true,
      name: 'composer_json',
      label: 'composer.json',
      hint: 'The whole file. It is only read: nothing runs, nothing is fetched, and we do not keep it.',
      rows: 10,
      value: shown.composerJson ?? '',
      isRequired: true,
      ...errorOf(shown, 'composer_json'),
    })}
    ${textArea({
      isCode: true,
      name: 'lock',
      label: 'composer.lock (optional)',
      hint: 'With it the answer is about the versions that you have. The whole file, or what “composer show --locked” prints.',
      rows: 6,
      ...errorOf(shown, 'lock'),
    })}
    ${select({
      name: 'project',
      label: 'Project',
      hint: 'The licences of this project count.',
      options: [
        { value: '', text: 'A shop without a project yet' },
        ...shown.projects.map(({ slug, name }) => ({ value: slug, text: `${name} (${slug})` })),
      ],
      chosen: shown.project ?? '',
      ...errorOf(shown, 'project'),
    })}
    ${select({
      name: 'edition',
      label: 'Edition, without a project',
      options: [
        { value: '', text: 'What composer.json says' },
        ...EDITIONS.map((each) => ({ value: each, text: editionName(each) })),
      ],
      chosen: shown.edition ?? '',
    })}
    ${button('Check the shop')}
  </form>`

const errorOf = ({ error }: FormShown, name: string) => (error?.name === name ? { error: error.error } : {})
