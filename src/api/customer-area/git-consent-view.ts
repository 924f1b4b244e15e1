import type { GitHostKind } from '#kernel/git-host'
import { checkboxRow } from './components/choice.ts'
import { html, type Html } from './html.ts'

/** The texts of the page that leads a person to a Git host. */
export const gitWaitWords = (orgName: string) => ({
  title: 'Allow access',
  heading: `Let ${orgName} publish your repositories`,
  about:
    'You allow it on the page of the Git host. We read repositories that you publish, and never write to them.',
  reporter: 'The Git host',
  goOn: 'Go to the Git host',
  pageIsReady: 'The page of the Git host is ready. It leads you back here when you have answered.',
  openPage: 'Open the page of the Git host',
})

/** Which host it is, and what to ask it for. GitHub's App has the right to create hooks without a right to write. The others give it only with more rights. */
export const consentChoices = ({ host, kind }: { host: string; kind: GitHostKind }): Html =>
  html`<p>Git host: <strong>${host}</strong></p>
    ${kind !== 'github' && hooksChoice(host)}`

const hooksChoice = (host: string): Html =>
  checkboxRow({
    name: 'hooks',
    value: 'yes',
    text: 'Create push hooks for me',
    hint: `A pushed tag is then a version within seconds, and otherwise within 15 minutes. ${host} gives this right only together with the right to change your repositories; we do not use that.`,
  })
