/**
 * The lines of Magento 2.4, oldest first, and the version of magento/framework that each has. A line is a release with all
 * its patches: 2.4.6 stands for 2.4.6, 2.4.6-p1 and so on, and magento/framework has the same patches.
 * Source: `version` in composer.json and in lib/internal/Magento/Framework/composer.json at the tag of each release of
 * https://github.com/magento/magento2. How to add one: CONTRIBUTING.md.
 */
export const MAGENTO_RELEASES = [
  { line: '2.4.0', framework: '103.0.0' },
  { line: '2.4.1', framework: '103.0.1' },
  { line: '2.4.2', framework: '103.0.2' },
  { line: '2.4.3', framework: '103.0.3' },
  { line: '2.4.4', framework: '103.0.4' },
  { line: '2.4.5', framework: '103.0.5' },
  { line: '2.4.6', framework: '103.0.6' },
  { line: '2.4.7', framework: '103.0.7' },
  { line: '2.4.8', framework: '103.0.8' },
  { line: '2.4.9', framework: '103.0.9' },
] as const

/** Rises with each change of `MAGENTO_RELEASES`: then every version is derived again. */
export const RELEASES_REVISION = 1

export type MagentoLine = (typeof MAGENTO_RELEASES)[number]['line']

/** Oldest first. */
export const MAGENTO_LINES: readonly MagentoLine[] = MAGENTO_RELEASES.map(({ line }) => line)

const RELEASE = /^(2\.\d{1,2}\.\d{1,2})(?:-p\d{1,2})?$/

/** Whether a text names a release as Magento does: `2.4.6` or `2.4.6-p3`, also one that is not known here. */
export const isMagentoRelease = (text: string): boolean => RELEASE.test(text)

/** The known line of a release: `2.4.6` for `2.4.6-p3`. */
export function magentoLine(release: string): MagentoLine | undefined {
  const [, line] = RELEASE.exec(release) ?? []
  return MAGENTO_LINES.find((known) => known === line)
}

/** Neighbours as a range: `2.4.4, 2.4.6–2.4.8`. */
export function linesText(lines: readonly string[]): string {
  const runs: MagentoLine[][] = []
  MAGENTO_LINES.forEach((line, at) => {
    if (!lines.includes(line)) return
    const before = MAGENTO_LINES[at - 1]
    if (before !== undefined && lines.includes(before)) runs.at(-1)?.push(line)
    else runs.push([line])
  })
  return runs.map((run) => (run.length > 1 ? `${run[0]}–${run.at(-1)}` : run[0])).join(', ')
}
