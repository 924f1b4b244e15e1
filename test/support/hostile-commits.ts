import os from 'node:os'
import path from 'node:path'
import type { GitRepository, Hash } from './a-git-repository.ts'

/** What became of a tag: the code of its refusal, or its files and the links that were left out. */
export type Outcome = string | { files: Record<string, string>; links: readonly string[] }
export type Build = (repository: GitRepository) => Hash

/** A file that no job may make. */
export const sentinel = path.join(os.tmpdir(), `escaped-${process.pid}`)
const GOOD = { 'composer.json': '{"name":"acme/good"}' }

/** A commit with the good files and these entries, which are not sorted. */
const withEntry =
  (name: string | Buffer, mode = '100644'): Build =>
  (r) => {
    const hash = mode === '40000' ? r.files({ x: 'x' }) : r.blob('x')
    return r.commit(r.tree([{ mode, name, hash }]))
  }
const withFiles =
  (files: Parameters<GitRepository['files']>[0]): Build =>
  (r) =>
    r.commit(r.files({ ...GOOD, ...files }))
const withCommit =
  (head: string): Build =>
  (r) =>
    r.commit(r.files(GOOD), { text: `tree ${r.files(GOOD)}\n${head}` })
const WHO = 'A <a@example.test> 1700000000 +0000'

/** What Git itself refuses when it reads the objects. */
export const UNSOUND: Record<string, Build> = {
  'an entry named ..': withEntry('..', '40000'),
  'an entry named .': withEntry('.', '40000'),
  'an entry with a slash in its name': withEntry('../../evil'),
  'an absolute entry': withEntry('/etc/passwd'),
  'an entry without a name': withEntry(''),
  'a folder .git': withEntry('.git', '40000'),
  'a folder .GIT': withEntry('.GIT', '40000'),
  'the short name of .git on Windows': withEntry('git~1', '40000'),
  'a .git with an invisible character': withEntry('.g\u200cit', '40000'),
  'a .git with a space at its end': withEntry('.git ', '40000'),
  'a .git with a stream of NTFS': withEntry('.git::$INDEX_ALLOCATION', '40000'),
  'a submodule named .git': (r) => r.commit(r.tree([{ mode: '160000', name: '.git', hash: 'a'.repeat(40) }])),
  'a link and a folder of one name': (r) =>
    r.commit(
      r.tree([
        { mode: '120000', name: 'out', hash: r.blob('/tmp') },
        { mode: '40000', name: 'out', hash: r.files({ 'evil.php': '<?php' }) },
      ]),
    ),
  'entries out of order': (r) =>
    r.commit(r.tree(['b', 'a'].map((name) => ({ mode: '100644', name, hash: r.blob('x') })))),
  'a .gitmodules that is a link': withFiles({ '.gitmodules': { mode: '120000', bytes: '/etc/passwd' } }),
  'a submodule with a command in its URL': withFiles({
    '.gitmodules': `[submodule "x"]\n path = x\n url = -u./evil\n`,
  }),
  'a submodule whose name leads elsewhere': withFiles({
    '.gitmodules': `[submodule "../../hooks"]\n path = x\n url = https://example.test/x\n`,
  }),
  'a submodule whose path is an option': withFiles({
    '.gitmodules': `[submodule "x"]\n path = --upload-pack=evil\n url = https://example.test/x\n`,
  }),
  'a line of 3,000 characters in .gitattributes': withFiles({
    '.gitattributes': `*.php ${'a'.repeat(3000)}\n`,
  }),
  'a commit without an author': withCommit(`committer ${WHO}\n\nx\n`),
  'a commit at a time that no computer has': withCommit(
    `author ${WHO}\ncommitter A <a@example.test> 99999999999999999999 +0000\n\nx\n`,
  ),
  'a commit with a zero byte in its head': withCommit(
    `author ${WHO}\ncommitter A\0 <a@example.test> 1 +0000\n\nx\n`,
  ),
}

/** What Git accepts, but not every file system can unpack. */
export const UNSAFE: Record<string, Build> = {
  'a path with a backslash': withFiles({ '..\\evil.php': 'x' }),
  'the second short name of .git': withFiles({ 'git~2/config': 'x' }),
  'a device of Windows': withFiles({ 'aux.php': 'x' }),
  'a device of Windows as a folder': withFiles({ 'src/CON/a.php': 'x' }),
  'a device of Windows with a superscript': withFiles({ 'com¹.txt': 'x' }),
  'a dot at the end of a name': withFiles({ 'evil.php.': 'x' }),
  'a space at the end of a folder': withFiles({ 'src /a.php': 'x' }),
  'a stream of NTFS': withFiles({ 'a.php:evil': 'x' }),
  'a line end in a path': withFiles({ 'a\nb.php': 'x' }),
  'a bell in a path': withFiles({ 'a\x07.php': 'x' }),
  'an escape sequence of a terminal in a path': withFiles({ '\x1b[2Ja.php': 'x' }),
  'a path that is shown backwards': withFiles({ 'a\u202ephp.exe': 'x' }),
  'a path with an invisible character': withFiles({ 'a\u200b.php': 'x' }),
  'a path that is not UTF-8': (r) =>
    r.commit(r.tree([{ mode: '100644', name: Buffer.from([0x61, 0xff]), hash: r.blob('x') }])),
  'a path with UTF-8 that hides ..': (r) =>
    r.commit(
      r.tree([{ mode: '40000', name: Buffer.from([0xc0, 0xae, 0xc0, 0xae]), hash: r.files({ x: 'x' }) }]),
    ),
  'two files that differ by case': withFiles({ 'src/A.php': '1', 'src/a.php': '2' }),
  'two folders that differ by case': withFiles({ 'Src/a.php': '1', 'src/b.php': '2' }),
  'a file and a folder that differ by case': withFiles({ Lib: '1', 'lib/b.php': '2' }),
  'two spellings of ö': withFiles({ 'Gr\u00f6n': '1', 'Gro\u0308n': '2' }),
  'a Kelvin sign and a k': withFiles({ 'k.php': '1', '\u212a.php': '2' }),
  'a path of 2,000 bytes': withFiles({ [`${'d/'.repeat(1000)}f`]: 'x' }),
}

/** Commits of sizes that we do not read. */
export const OVERSIZE: Record<string, [string, Build]> = {
  'a file of 21 MiB of zeros': ['file_too_large', withFiles({ zeros: Buffer.alloc(21 * 2 ** 20) })],
  '300 names of one file of 1 MiB': [
    'file_too_large',
    (r) => {
      const hash = r.blob(Buffer.alloc(2 ** 20))
      return r.commit(
        r.tree(Array.from({ length: 300 }, (_, i) => ({ mode: '100644', name: `f${1000 + i}`, hash }))),
      )
    },
  ],
  '20,001 files': [
    'too_many_files',
    (r) => {
      const hash = r.blob('x')
      return r.commit(
        r.tree(Array.from({ length: 20_001 }, (_, i) => ({ mode: '100644', name: `f${100_000 + i}`, hash }))),
      )
    },
  ],
  'ten billion names of one file': [
    'too_many_files',
    (r) => {
      let hash = r.files({ x: 'x' })
      for (let level = 0; level < 10; level++) {
        const inner = hash
        hash = r.tree(Array.from({ length: 10 }, (_, i) => ({ mode: '40000', name: `d${i}`, hash: inner })))
      }
      return r.commit(hash)
    },
  ],
  'a name of 1 MiB': ['hostile_pack', withFiles({ ['n'.repeat(2 ** 20)]: 'x' })],
  'a tag of a file': ['not_a_commit', (r) => r.blob('x')],
  'a tag of a folder': ['not_a_commit', (r) => r.files(GOOD)],
  'an annotated tag of a file': ['not_a_commit', (r) => r.tag('x', r.blob('x'), { annotated: 'blob' })],
}

const HOOK = `#!/bin/sh\ntouch ${sentinel}\n`
const ATTRIBUTES: Record<string, string> = {
  'export-subst': '*.txt export-subst',
  ident: '*.txt ident',
  'line ends of Windows': '*.txt text eol=crlf',
  'the old name of line ends': '*.txt crlf',
  'another encoding': '*.txt working-tree-encoding=UTF-16',
  'a filter': '*.txt filter=lfs diff=lfs merge=lfs -text',
  'a macro of its own': '[attr]evil export-subst ident text eol=crlf\n*.txt evil',
}
const TEXT = 'at $Format:%cr$ by $Format:%an$ in $Id$\nline\n'

/** What looks hostile and is harmless here: the rest of the commit is read. */
export const HARMLESS: Record<string, [Build, Outcome]> = {
  'a link to /etc/passwd': [
    withFiles({ passwd: { mode: '120000', bytes: '/etc/passwd' } }),
    { files: GOOD, links: ['passwd'] },
  ],
  'a link to its own folder': [
    withFiles({ loop: { mode: '120000', bytes: '.' } }),
    { files: GOOD, links: ['loop'] },
  ],
  'a submodule': [withFiles({ lib: { mode: '160000', hash: 'b'.repeat(40) } }), { files: GOOD, links: [] }],
  'hooks and a config of Git': [
    withFiles({
      'hooks/post-checkout': { mode: '100755', bytes: HOOK },
      config: `[core]\n\tfsmonitor = touch ${sentinel}\n`,
    }),
    {
      files: { ...GOOD, config: `[core]\n\tfsmonitor = touch ${sentinel}\n`, 'hooks/post-checkout': HOOK },
      links: [],
    },
  ],
  'a mode that lets everybody write': [
    withFiles({ 'run.sh': { mode: '100777', bytes: 'x' } }),
    { files: { ...GOOD, 'run.sh': 'x' }, links: [] },
  ],
  'a commit message of 10 MB': [
    withCommit(`author ${WHO}\ncommitter ${WHO}\n\n${'x'.repeat(10_000_000)}\n`),
    { files: GOOD, links: [] },
  ],
  'a tag of a tag': [
    (r) => r.tag('y', r.tag('x', r.commit(r.files(GOOD)), { annotated: 'commit' }), { annotated: 'tag' }),
    { files: GOOD, links: [] },
  ],
  'files that are left out of the export': [
    withFiles({ '.gitattributes': 'tests export-ignore\n', 'tests/a.php': '<?php' }),
    { files: { '.gitattributes': 'tests export-ignore\n', ...GOOD }, links: [] },
  ],
  ...Object.fromEntries(
    Object.entries(ATTRIBUTES).map(([name, line]) => [
      `an attribute: ${name}`,
      [
        withFiles({ '.gitattributes': `${line}\n`, 'a.txt': TEXT }),
        { files: { '.gitattributes': `${line}\n`, 'a.txt': TEXT, ...GOOD }, links: [] },
      ] satisfies [Build, Outcome],
    ]),
  ),
}
