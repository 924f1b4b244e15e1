import type { GoneVersion, PublicPackage, PublicVersion, VersionDetails } from '#domain/catalogue'
import { facts } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { notice } from './components/notice.ts'
import { table } from './components/table.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { versionText } from './magento-text.ts'
import { type Tab, versionOf } from './package-view.ts'

const LINKS_SHOWN = 200

interface Shown {
  version: PublicVersion | GoneVersion
  details: VersionDetails
  publicUrl: string
}

/** One version: how to install it, what it requires, and how to check where it comes from. */
export const versionTab = (found: PublicPackage, shown: Shown): Tab => ({
  href: versionOf(found, shown.version.label),
  title: shown.version.label,
  body: html`<h2>Version ${shown.version.label}</h2>
    ${'status' in shown.version ? goneNotice(shown.version) : install(found, shown.version)}
    ${shown.details.movedTo !== undefined && movedNotice(shown.details.movedTo)}
    <h2>Requirements</h2>
    <p>${versionText(shown.details)}</p>
    ${linkTable('Requirements', shown.details.require)}
    ${
      Object.keys(shown.details.conflict).length > 0 &&
      html`<h2>Conflicts</h2>
        ${linkTable('Conflicts', shown.details.conflict)}`
    }
    <h2>Provenance</h2>
    ${facts(provenance(shown))}
    <h2>Check it yourself</h2>
    ${verification(found, shown)}`,
})

function goneNotice({ status, reason }: GoneVersion): Html {
  const title = status === 'blocked' ? 'Blocked as malware' : 'Withdrawn'
  const text =
    status === 'blocked'
      ? 'The registry no longer serves it. Remove it from every project.'
      : 'No new project gets it. A project whose lock file names it keeps it.'
  return notice({
    tone: status === 'blocked' ? 'bad' : 'warn',
    title: reason === undefined ? title : `${title}: ${reason}`,
    text,
  })
}

const movedNotice = (commit: string): Html =>
  notice({
    tone: 'warn',
    title: 'Its tag was moved',
    text: html`The tag names <span class="mono">${commit}</span> now. This market keeps serving the first
      commit.`,
  })

const install = (found: PublicPackage, { label }: PublicVersion): Html =>
  html`<p>In a project that has bought it and uses the repository of this market:</p>
    ${codeBlock(
      label === found.newest?.label
        ? `composer require ${found.name}\nbin/magento setup:upgrade`
        : `composer require ${found.name}:${label}\nbin/magento setup:upgrade`,
    )}
    <p class="small"><a href="/docs">How a project gets the repository and its keys</a></p>`

/** Packages and constraints. */
function linkTable(caption: 'Requirements' | 'Conflicts', links: Record<string, string>): Html {
  const all = Object.entries(links)
  const left = all.length - LINKS_SHOWN
  return html`${table({
    caption,
    isCaptionHidden: true,
    columns: [{ title: 'Package' }, { title: 'Version' }],
    rows: all
      .slice(0, LINKS_SHOWN)
      .map(([name, constraint]) => [
        html`<span class="mono">${name}</span>`,
        html`<span class="mono">${String(constraint)}</span>`,
      ]),
    empty: 'It requires nothing.',
  })}
  ${left > 0 && html`<p class="small">${left} more are in its composer.json.</p>`}`
}

const mono = (text: string): Html => html`<span class="mono">${text}</span>`

function provenance({ version, details }: Shown): [string, Html | string][] {
  const { tag, commitSha, treeSha, committedAt, zip } = details
  return [
    ['Tag', mono(tag)],
    ['Commit', mono(commitSha)],
    ['Tree', mono(treeSha)],
    ['Committed', momentText(committedAt)],
    ['First seen', momentText(version.releasedAt)],
    ...(zip
      ? ([
          ['Zip SHA-256', mono(zip.sha256)],
          ['Zip SHA-1', mono(zip.sha1)],
          ['Files SHA-256', mono(zip.contentSha256)],
          ['Zip size', `${zip.bytes.toLocaleString('en')} bytes`],
        ] as [string, Html | string][])
      : ([['Zip', 'None: a suite only requires other packages.']] as [string, string][])),
  ]
}

const verification = ({ name }: PublicPackage, { details: { zip }, publicUrl }: Shown): Html =>
  html`<p>
      Everything that happens to this package is in a public log that nobody can change unnoticed:
      <a href="/log?package=${encodeURIComponent(name)}">its entries</a>${
        zip && html`, <a href="/log.json?zip=${zip.sha256}">those of this zip</a>`
      }.
    </p>
    ${zip && codeBlock(`npm run log:verify -- ${publicUrl} --zip ${zip.sha256}`)}
    <p class="small"><a href="/docs/verifying">How to verify</a></p>`
