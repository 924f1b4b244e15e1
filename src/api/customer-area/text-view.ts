import type { PublicPackage } from '#domain/catalogue'
import { emptyState } from './components/empty-state.ts'
import { html, type Html } from './html.ts'
import { changelogOf, readmeOf, type Tab } from './package-view.ts'

/** The README of the newest version. */
export const readmeTab = (found: PublicPackage, text: Html | undefined): Tab => ({
  href: readmeOf(found),
  body: text ? ofVendor(found, 'Readme', text) : noReadme,
})

const noReadme: Html = emptyState({
  title: 'No readme',
  text: 'The vendor wrote no README for the newest version.',
})

/** The changelog of the newest version. An empty file has a page, too. */
export const changelogTab = (found: PublicPackage, text: Html | undefined): Tab => ({
  href: changelogOf(found),
  title: 'Changelog',
  body: ofVendor(found, 'Changelog', text),
})

/** A box with a name, so that nobody takes a text of the vendor for one of ours. */
const ofVendor = ({ vendor, newest }: PublicPackage, title: string, text: Html | undefined): Html =>
  html`<h2>${title}</h2>
    <p class="small">
      Written by ${vendor.name}${newest && html` for <span class="mono">${newest.label}</span>`}.
    </p>
    ${text}`
