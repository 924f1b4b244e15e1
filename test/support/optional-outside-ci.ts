/** Outside CI the tests that need it are skipped, visibly; in CI that would hide most of what matters. */
export function optionalOutsideCi<T>(
  wanted: Promise<T>,
  { isCi = Boolean(process.env.CI), say = (line: string) => console.warn(line) } = {},
): Promise<T | undefined> {
  return wanted.catch((e: Error) => {
    if (isCi) throw e
    say(`  ${e.message}`)
    return undefined
  })
}
