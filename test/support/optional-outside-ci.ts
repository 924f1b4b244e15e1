/** Outside CI a missing program is a warning, and the tests that need it are skipped. In CI it is an error. */
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
