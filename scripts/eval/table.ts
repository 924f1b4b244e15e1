/** One row: what a task took. */
export interface Row {
  task: string
  calls: number
  tokens: number
  deadEnds: number
}

const HEAD = ['task', 'calls', 'tokens', 'dead ends']

/** The rows of the table below a heading of a Markdown page. Empty without one. */
export function rowsIn(page: string, heading: string): Row[] {
  const [, section = ''] = page.split(`## ${heading}\n`)
  return [
    ...(section.split('\n## ')[0] ?? '').matchAll(/^\| ([\w/-]+) +\| +(\d+) \| +(\d+) \| +(\d+) \|$/gm),
  ].map(([, task = '', calls, tokens, deadEnds]) => ({
    task,
    calls: Number(calls),
    tokens: Number(tokens),
    deadEnds: Number(deadEnds),
  }))
}

export function tableOf(rows: readonly Row[]): string {
  const sum = (of: (row: Row) => number) => rows.reduce((all, row) => all + of(row), 0)
  const total = {
    task: 'total',
    calls: sum(({ calls }) => calls),
    tokens: sum(({ tokens }) => tokens),
    deadEnds: sum(({ deadEnds }) => deadEnds),
  }
  const cells = [
    HEAD,
    ...[...rows, total].map(({ task, ...counts }) => [
      task,
      ...[counts.calls, counts.tokens, counts.deadEnds].map(String),
    ]),
  ]
  const widths = HEAD.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  const [head = '', ...body] = cells.map((row) => inLine(row, widths))
  const rule = widths.map((width, at) => (at ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n')
}

/** As Prettier aligns it: names left, numbers right. */
const inLine = (row: readonly string[], widths: readonly number[]): string =>
  `| ${row.map((cell, at) => (at ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`

/** How much a task may grow. */
const TENTH = 1.1

/** What got worse, one sentence each. A task without a row in the table is new, and not worse. */
export function worse(before: readonly Row[], now: readonly Row[]): string[] {
  return now.flatMap(({ task, tokens, deadEnds }) => {
    const known = before.find((row) => row.task === task)
    if (!known) return []
    return [
      ...(deadEnds > known.deadEnds ? [`${task} has ${deadEnds} dead ends, and had ${known.deadEnds}`] : []),
      ...(tokens > known.tokens * TENTH ? [`${task} took ${tokens} tokens, and took ${known.tokens}`] : []),
    ]
  })
}
