import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buffer, json } from 'node:stream/consumers'
import tar, { type Header } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { LIMITS, packTar } from '../../src/platform/archives.ts'
import { onPath } from '../../sandbox/engines/process.ts'

type Entry = Partial<Header> & { name: string; text?: string }

const MODULE: Entry[] = [
  { name: 'composer.json', text: '{"name":"acme/module"}' },
  { name: 'bin/import', text: '#!/usr/bin/env php\n', mode: 0o755 },
  { name: 'src/Größe.php', text: `<?php\n${'// sizes\n'.repeat(500)}` },
  { name: 'README.md', text: '# Acme\n' },
]

function aTar(entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack()
  for (const { text = '', ...header } of entries) pack.entry(header, text)
  pack.finalize()
  return buffer(pack)
}

const packed = async (entries: readonly Entry[], limits = LIMITS) => packTar(await aTar(entries), limits)
const refused = (packing: Promise<unknown>) =>
  packing.then(
    () => 'nothing was refused',
    ({ code }: { code: string }) => code,
  )
const refusalOf = (entries: readonly Entry[], limits = LIMITS) => refused(packed(entries, limits))

/** The paths and the Unix modes in the central directory of a zip. */
function entriesOf(zip: Buffer): Record<string, string> {
  const entries: Record<string, string> = {}
  const mark = Buffer.from('PK\x01\x02')
  for (let at = zip.indexOf(mark); at >= 0; at = zip.indexOf(mark, at + 46)) {
    const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28))
    entries[name] = (zip.readUInt32LE(at + 38) >>> 16).toString(8)
  }
  return entries
}

describe('the zip of a repository', () => {
  test('the zip of a repository does not depend on the times, owners and order of its files', async () => {
    const disguised = MODULE.map((entry, i) => ({
      mode: 0o664,
      ...entry,
      mtime: new Date(Date.UTC(2001 + i, 5, 5)),
      uid: 1000 + i,
      gname: `group${i}`,
    }))

    const [plain, other] = [await packed(MODULE), await packed(disguised.reverse())]

    expect(other).toEqual(plain)
    expect(Object.keys(entriesOf(plain.zip))).toEqual(MODULE.map(({ name }) => name).sort())
  })

  test.for([
    ['Pacific/Auckland', 0o077],
    ['America/St_Johns', 0o027],
    ['UTC', 0o000],
  ] as const)(
    'the zip of a repository is the same in the time zone %s under the umask %i',
    async ([zone, umask]) => {
      const { zip, files, ...here } = await packed(MODULE)

      const there = await packedElsewhere(await aTar(MODULE), zone, umask)

      expect(files).toHaveLength(MODULE.length)
      expect(there).toEqual({ ...here, zip: zip.toString('base64'), umask, zone })
    },
  )

  test('packTar returns the hashes and the length of the zip', async () => {
    const { zip, sha1, sha256, bytes } = await packed(MODULE)

    const hash = (name: string) => createHash(name).update(zip).digest('hex')
    expect({ sha1, sha256, bytes }).toEqual({ sha1: hash('sha1'), sha256: hash('sha256'), bytes: zip.length })
  })

  test.each([
    ['a byte', { text: '{"name":"acme/modulf"}' }],
    ['a path', { name: 'Composer.json' }],
    ['a mode', { mode: 0o755 }],
  ])('the content hash of a zip changes with %s of one file', async (_, change) => {
    const changed = MODULE.map((entry, i) => (i ? entry : { ...entry, ...change }))

    expect((await packed(changed)).contentSha256).not.toBe((await packed(MODULE)).contentSha256)
  })

  test('an executable file has the mode 755 in the zip, and every other file has 644', async () => {
    const modes = { run: 0o777, setuid: 0o4755, odd: 0o611, locked: 0o400 }

    const { zip } = await packed(Object.entries(modes).map(([name, mode]) => ({ name, mode })))

    expect(entriesOf(zip)).toEqual({ run: '100755', setuid: '100755', odd: '100644', locked: '100644' })
  })

  test('the zip of a repository leaves out links, folders and devices', async () => {
    const { zip } = await packed([
      { name: 'composer.json', text: '{}' },
      { name: 'passwd', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'hard', type: 'link', linkname: 'composer.json' },
      { name: 'src', type: 'directory' },
      { name: 'null', type: 'character-device' },
    ])

    expect(Object.keys(entriesOf(zip))).toEqual(['composer.json'])
  })

  test.skipIf(!onPath('unzip'))('unzip finds no errors in the zip of a repository', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'))
    const file = path.join(dir, 'module.zip')
    fs.writeFileSync(file, (await packed(MODULE)).zip)

    const output = execFileSync('unzip', ['-t', file], { encoding: 'utf8' })

    expect(output).toContain('No errors detected')
    expect(execFileSync('unzip', ['-p', file, 'README.md'], { encoding: 'utf8' })).toBe('# Acme\n')
    fs.rmSync(dir, { recursive: true })
  })
})

describe('the texts of a repository', () => {
  test('the manifest, readme and changelog are found at the root, in upper or lower case', async () => {
    const files = { 'composer.json': '{}', 'ReadMe.TXT': 'read', changelog: 'changes' }

    const { texts } = await packed(Object.entries(files).map(([name, text]) => ({ name, text })))

    expect(texts).toEqual({ manifest: '{}', readme: 'read', changelog: 'changes' })
  })

  test('no readme or manifest is taken from a folder or from a similar name', async () => {
    const names = ['docs/README.md', 'src/composer.json', 'README.md.bak', 'Composer.json']

    const { texts } = await packed(names.map((name) => ({ name, text: 'x' })))

    expect(texts).toEqual({})
  })
})

describe('an archive that is refused', () => {
  test.for([
    '../escape.php',
    'src/../../escape.php',
    '/etc/cron.d/job',
    'src//double.php',
    './here.php',
    'src\\windows.php',
    'line\nbreak.php',
    'bell\x07.php',
    '.git/hooks/post-checkout',
    'src/.GIT/config',
    `${'d/'.repeat(500)}f`,
  ])('an archive with the path %j is refused', async (name) => {
    expect(await refusalOf([{ name: 'composer.json' }, { name }])).toBe('unsafe_path')
  })

  test.for([
    ['Readme.md', 'README.md'],
    ['src/A.php', 'src/A.php'],
    ['Gr\u00f6\u00dfe', 'Gro\u0308\u00dfe'],
  ])(
    'an archive with %s and %s is refused, because they are the same file on some disks',
    async ([one = '', other = '']) => {
      expect(await refusalOf([{ name: one }, { name: other }])).toBe('unsafe_path')
    },
  )

  test('an archive with too many files is refused, and links do not count', async () => {
    const link: Entry = { name: 'link', type: 'symlink', linkname: 'a' }
    const three = { ...LIMITS, files: 3 }

    await expect(packed([link, ...MODULE.slice(0, 3)], three)).resolves.toBeDefined()
    expect(await refusalOf(MODULE, three)).toBe('too_many_files')
  })

  test('an archive is refused when one file or all files together are too large', async () => {
    const files = [
      { name: 'a', text: 'x'.repeat(60) },
      { name: 'b', text: 'x'.repeat(60) },
    ]

    await expect(packed(files, { ...LIMITS, file: 60, all: 120 })).resolves.toBeDefined()
    expect(await refusalOf(files, { ...LIMITS, file: 59 })).toBe('file_too_large')
    expect(await refusalOf(files, { ...LIMITS, all: 119 })).toBe('file_too_large')
  })

  test('an archive that was cut off is refused, even when the cut is between two files', async () => {
    const files = [
      { name: 'a', text: 'a' },
      { name: 'b', text: 'b'.repeat(600) },
    ]
    const whole = await aTar(files)
    const cuts = [0, 100, 512, 600, 1024, 1536, 2000, 2560, 3000]

    const codes = await Promise.all(cuts.map((at) => refused(packTar(whole.subarray(0, at)))))

    expect(codes).toEqual(cuts.map(() => 'broken_archive'))
  })

  test('an archive that is not a tar, or whose source fails, is refused', async () => {
    async function* failing() {
      yield (await aTar(MODULE)).subarray(0, 700)
      throw new Error('the connection was lost')
    }

    expect(await refused(packTar(Buffer.alloc(2048, 'x')))).toBe('broken_archive')
    expect(await refused(packTar(failing()))).toBe('broken_archive')
  })

  test('the source of a refused archive is read no further', async () => {
    const whole = await aTar(MODULE)
    const source = Promise.withResolvers<string>()
    async function* endless() {
      try {
        for (;;) yield whole.subarray(0, -1024)
      } finally {
        source.resolve('ended')
      }
    }

    expect(await refused(packTar(endless(), { ...LIMITS, files: 2 }))).toBe('too_many_files')
    expect(await source.promise).toBe('ended')
  })
})

/** The result of `packTar` in another process. */
async function packedElsewhere(archive: Buffer, zone: string, umask: number): Promise<unknown> {
  const source = new URL('../../src/platform/archives.ts', import.meta.url).href
  const script = `
    import { buffer } from 'node:stream/consumers'
    process.umask(${umask})
    const { packTar } = await import('${source}')
    const { files, ...packed } = await packTar(await buffer(process.stdin))
    const seen = { umask: process.umask(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
    process.stdout.write(JSON.stringify({ ...packed, zip: packed.zip.toString('base64'), ...seen }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TZ: zone },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(archive)
  return json(child.stdout)
}
