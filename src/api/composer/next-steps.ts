/** Where the next step leads to. */
interface Where {
  publicUrl: string
  /** The page of the package, of the shop, or of the project. */
  page: string
}

/** What to do next after each refusal. Composer prints one line, so each step has a URL or says that nothing helps. */
const NEXT_STEPS = {
  archived_project: ({ publicUrl }) => `For one of another project: ${newToken(publicUrl)}`,
  blocked: ({ page }) => page,
  cooling_down: ({ page }) => `Change it: ${page}`,
  left_out: ({ page }) => `Its vendor can withdraw it: ${page}`,
  not_licensed: ({ page }) => `Buy: ${page}`,
  old_composer: ({ page }) => `Composer 2.6 and newer can: ${page}`,
  other_project: ({ publicUrl }) => `For one that fits: ${newToken(publicUrl)}`,
  unknown_token: ({ publicUrl }) => `For a new one: ${newToken(publicUrl)}`,
  updates_end: ({ page }) => `Renew: ${page}`,
  updates_end_for_good: () => 'It is no longer sold.',
} satisfies Record<string, (where: Where) => string>

/** Where to get credentials, until a page creates them. */
const newToken = (publicUrl: string) => `the tool create_project_token of ${publicUrl}/mcp`

export const nextStepAfter = (
  refusal: keyof typeof NEXT_STEPS,
  publicUrl: string,
  page = `${publicUrl}/`,
): string => NEXT_STEPS[refusal]({ publicUrl, page })
