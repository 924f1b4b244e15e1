import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openPhpSyntax } from '#platform/php-syntax'
import { isolation } from '../support/a-bare-git-host.ts'

const php = await openPhpSyntax(isolation)
const { signal } = new AbortController()
const file = (name: string, text: string) => ({ path: name, bytes: Buffer.from(text) })

describe.skipIf(!php)('PHP that parses the files of a package', () => {
  test('PHP names the files that it cannot parse, and the line', async () => {
    const faults = await php?.faultsIn(
      [
        file('good.php', '<?php\nclass A {}\n'),
        file('bad.php', '<?php\n\nclass {\n'),
        file('none.phtml', '<p>Hello</p>'),
        file('deep.php', `<?php ${'('.repeat(100_000)}`),
      ],
      { signal },
    )

    expect(faults).toEqual([
      { path: 'bad.php', line: 3 },
      { path: 'deep.php', line: 1 },
    ])
  })

  test('PHP executes nothing of a package', async () => {
    const sentinel = path.join(os.tmpdir(), `php-ran-${process.pid}`)
    const code = `<?php touch('${sentinel}'); exit; __halt_compiler(); 1\n2\n0\n`

    expect(await php?.faultsIn([file('a.php', code), file('b.php', '<?php }')], { signal })).toEqual([
      { path: 'b.php', line: 1 },
    ])
    expect(fs.existsSync(sentinel)).toBe(false)
  })

  test('a file of meaningless bytes is checked without an error of ours', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))

    await expect(php?.faultsIn([{ path: 'a.php', bytes }, file('', '')], { signal })).resolves.toBeInstanceOf(
      Array,
    )
  })
})
