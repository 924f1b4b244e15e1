/** Where the next step leads to. */
interface Where {
  publicUrl: string
  /** The page of the package, of the shop, or of the project. */
  page: string
}

/** What to do next after each refusal. Composer prints one line, so each step has a URL or says that nothing helps. */
const NEXT_STEPS = {
  archived_project: ({ publicUrl }) => `For one of another project: ${guide(publicUrl, 'new-keys')}`,
  blocked: ({ page }) => page,
  comes_with: ({ page }) => `Buy: ${page}`,
  cooling_down: ({ page }) => `Change it: ${page}`,
  deleted_org: ({ publicUrl }) => `For one of another org: ${guide(publicUrl, 'new-keys')}`,
  expired_key: ({ page }) => `For a new one: ${page}`,
  left_out: ({ page }) => `Its vendor can withdraw it: ${page}`,
  no_credentials: ({ publicUrl }) => `How to add them: ${guide(publicUrl, 'no-credentials-were-sent')}`,
  not_licensed: ({ page }) => `Buy: ${page}`,
  old_composer: ({ page }) => `Composer 2.6 and newer can: ${page}`,
  other_project: ({ publicUrl }) => `What to do: ${guide(publicUrl, 'several-projects-on-one-machine')}`,
  revoked_key: ({ page }) => `For a new one: ${page}`,
  unknown_key: ({ publicUrl }) => `What to do: ${guide(publicUrl, 'the-keys-are-unknown')}`,
  updates_end: ({ page }) => `Renew: ${page}`,
  updates_end_for_good: () => 'It is no longer sold.',
} satisfies Record<string, (where: Where) => string>

/** A part of the guide `docs/composer.md`, by the name of its heading. */
const guide = (publicUrl: string, heading: string) => `${publicUrl}/docs/composer#text-${heading}`

export const nextStepAfter = (
  refusal: keyof typeof NEXT_STEPS,
  publicUrl: string,
  page = `${publicUrl}/`,
): string => NEXT_STEPS[refusal]({ publicUrl, page })
