import type { Params } from '#kernel/errors'
import { type NextStep, textOf } from '../next-step.ts'
import { nextStepAfter, type PageCode } from '../next-steps.ts'
import { PACKAGES } from './paths.ts'

export const PUBLISH = '/account/vendor/publish'

/** The form with these URLs in it, and with a vendor. */
export const publishPathWith = (urls: readonly string[], vendor?: string): string => {
  const fields = urls.map((url): [string, string] => ['repository', url])
  return `${PUBLISH}?${new URLSearchParams([...fields, ...(vendor ? [['vendor', vendor] as [string, string]] : [])]).toString()}`
}

const FORM = { href: PUBLISH, text: 'Publish it again.' }
const HOSTS = { href: '/account/git', text: 'See your Git hosts.' }
const OWN_PACKAGES = { href: PACKAGES, text: 'See your packages.' }

const AGAIN: NextStep = { text: 'Nothing is lost.', link: FORM }
const LATER: NextStep = { text: 'Try again in some minutes.', link: FORM }
const TAG_AGAIN: NextStep = { text: 'Correct it and push a new version tag, then:', link: FORM }
const CHOOSE_VENDOR: NextStep = { text: 'Choose the vendor that publishes, then:', link: FORM }

/** What a person can do who publishes on our pages, where `NEXT_STEPS` speaks of an assistant. */
const OWN_STEPS: Partial<Record<PageCode, NextStep | ((params: Params) => NextStep)>> = {
  access_was_not_granted: {
    text: 'Publish it again, and allow the access when the page asks for it.',
    link: FORM,
  },
  cancelled: AGAIN,
  could_not_be_started: LATER,
  git_host_unavailable: LATER,
  git_not_connected: { text: 'Connect it, then publish again.', link: HOSTS },
  git_repository_not_granted: {
    text: 'Add the repository, with the right to push, at the Git host, then publish again.',
    link: HOSTS,
  },
  git_wrong_account: {
    text: 'Check the URL, or connect the account that owns it, then publish again.',
    link: HOSTS,
  },
  manifest_invalid: TAG_AGAIN,
  manifest_missing: TAG_AGAIN,
  name_not_in_namespace: ({ vendor }) => ({
    text: `Name it ${textOf(vendor) || 'vendor'}/… in composer.json and push a new version tag, then:`,
    link: FORM,
  }),
  no_version_tags: { text: 'Push a tag such as v1.0.0, then:', link: FORM },
  operation_is_over: AGAIN,
  operation_lost: AGAIN,
  package_has_another_repository: {
    text: 'Push the tags to the repository that the package is published from.',
    link: OWN_PACKAGES,
  },
  repository_not_accessible: { text: 'Connect the host again, then publish again.', link: HOSTS },
  temporarily_unavailable: LATER,
  vendor_not_named: CHOOSE_VENDOR,
  vendor_not_of_org: CHOOSE_VENDOR,
  version_field_disagrees: TAG_AGAIN,
}

/**
 * What a person can do after a refusal of a publication. `isOwn`: they began it on our pages, not by an assistant.
 * `urls`: what the form has in it when the step leads there.
 */
export function stepAfterPublishing(
  refusal: { code: string; params?: Params | undefined },
  { isOwn, urls = [] }: { isOwn: boolean; urls?: readonly string[] },
): NextStep | undefined {
  const { code, params = {} } = refusal
  const own = isOwn && Object.hasOwn(OWN_STEPS, code) ? OWN_STEPS[code as PageCode] : undefined
  if (!own) return nextStepAfter(refusal)
  const step = typeof own === 'function' ? own(params) : own
  return step.link === FORM ? { ...step, link: { ...FORM, href: publishPathWith(urls) } } : step
}
