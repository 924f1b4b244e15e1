import type { FastifyReply } from 'fastify'
import type { OwnPackage, OwnVersion } from '#domain/offers'
import { visible } from '../../../mcp/call/foreign-text.ts'
import type { CheckStatus } from '../../../platform/tables.ts'
import { badge } from '../components/badge.ts'
import { linkButton } from '../components/button.ts'
import { facts } from '../components/card.ts'
import { confirmation } from '../components/confirm.ts'
import { field } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { table } from '../components/table.ts'
import { momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { csrfField } from '../session.ts'
import { pathOf } from './paths.ts'
import { PACKAGES_CRUMBS } from './visit.ts'
import { CHECK_TONES, VERSION_WORDS } from './words.ts'

interface ShownCheck {
  name: string
  status: CheckStatus
  message: string
}

interface OfVersion {
  pack: OwnPackage
  version: OwnVersion
}

const crumbsTo = ({ pack }: Pick<OfVersion, 'pack'>) => [
  ...PACKAGES_CRUMBS,
  { href: pathOf(pack.id), text: pack.title },
]

/** One version with its checks. */
export function versionPage({
  pack,
  version,
  checks,
  isWithdrawn,
}: OfVersion & { checks: readonly ShownCheck[]; isWithdrawn: boolean }): Page {
  const { label, tag, commit, releasedAt, movedTo, status } = version
  return {
    title: `${pack.title} ${visible(label)}`,
    heading: `${pack.title} ${visible(label)}`,
    lead: html`<span class="mono">${pack.name}</span>
      ${badge(VERSION_WORDS[status].text, VERSION_WORDS[status].tone)}`,
    breadcrumb: crumbsTo({ pack }),
    ...(status === 'available' && {
      action: linkButton(pathOf(pack.id, 'versions', version.id, 'withdraw'), 'Withdraw', { kind: 'danger' }),
    }),
    body: html`${
        isWithdrawn &&
        notice({
          tone: 'good',
          text: 'It is withdrawn. Projects that have it in their lock file can still install it.',
        })
      }
      ${facts([
        ['Tag', html`<span class="mono">${visible(tag)}</span>`],
        ['Commit', html`<span class="mono">${commit}</span>`],
        ...(movedTo === undefined ? [] : [['The tag names now', movedCommit(movedTo)] as const]),
        ['Released', momentText(releasedAt)],
      ])}
      <h2>Checks</h2>
      <p>A check never stops a publication.</p>
      ${table({
        caption: 'Checks',
        isCaptionHidden: true,
        columns: [{ title: 'Check' }, { title: 'Result' }, { title: 'What was found' }],
        rows: checks.map((check) => [
          check.name.replaceAll('_', ' '),
          badge(check.status, CHECK_TONES[check.status]),
          visible(check.message),
        ]),
        empty: 'Nothing was checked: it was not published from Git.',
      })}`,
  }
}

const movedCommit = (movedTo: string): Html =>
  html`<span class="mono">${movedTo}</span> ${badge('moved', 'warn')}`

/** Asks for the public reason before a version is withdrawn. `error`: why the reason was refused. */
export const withdrawPage = (
  reply: FastifyReply,
  { pack, version, error, reason = '' }: OfVersion & { error?: string; reason?: string },
): Page => ({
  title: 'Withdraw a version',
  heading: `Withdraw ${visible(version.label)} of ${pack.title}?`,
  breadcrumb: crumbsTo({ pack }),
  body: confirmation({
    action: pathOf(pack.id, 'versions', version.id, 'withdraw'),
    hidden: html`${csrfField(reply)}
    ${field({
      name: 'reason',
      label: 'Reason',
      hint: 'Public: one line of at most 100 characters, such as “Loses orders when a cart is empty”.',
      value: reason,
      maxLength: 100,
      isRequired: true,
      error,
    })}`,
    consequence:
      'It leaves the registry for good: no new install gets it. Projects that have it in their lock file can still install it. To replace it, tag a new version.',
    verb: 'Withdraw it',
    back: { href: pathOf(pack.id, 'versions', version.id), text: 'Keep it' },
  }),
})
