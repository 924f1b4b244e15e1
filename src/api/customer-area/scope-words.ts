import type { Scope } from '#domain/orgs'
import { html, type Html } from './html.ts'

interface ScopeWords {
  label: string
  hint: string
}

/** What a scope allows, in the words of a person. A test looks for what each tool does in the words of its scope. */
export const SCOPE_WORDS: Record<Scope, ScopeWords> = {
  read: {
    label: 'See your orgs',
    hint: 'With members, invites, assistants and the audit log, and their projects, licences, orders, invoices and operations, but no keys. Look up packages and vendors, check what a shop needs, and choose the org in which it works.',
  },
  projects: {
    label: 'Manage projects',
    hint: 'Set up, change and archive projects. Make, replace and revoke their keys. Assign licences to projects, move them and take them away.',
  },
  buy: {
    label: 'Buy with a saved card',
    hint: 'Fill the cart and buy what is in it; stop purchases. See the saved cards, choose the default card, and open the page on which you add one. Change to whom invoices are made out.',
  },
  publish: {
    label: 'Publish and sell packages',
    hint: 'Apply as a vendor. Connect Git hosts and list their repositories. Publish packages, change their texts, prices and visibility, withdraw versions; stop publications. See sales, checks and missing packages.',
  },
  team: {
    label: 'Manage the team',
    hint: 'Create orgs. Invite people, withdraw invites and accept yours. Change roles and remove members. Share projects and end shares.',
  },
}

/** `note`: stands after the label. */
export const scopeText = (scope: Scope, note = ''): Html =>
  html`<p class="scope">
    <strong>${SCOPE_WORDS[scope].label}</strong>${note && ` ${note}`}<span class="hint"
      >${SCOPE_WORDS[scope].hint}</span
    >
  </p>`
