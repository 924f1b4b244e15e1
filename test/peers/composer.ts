import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Peer } from './peer.ts'

const run = promisify(execFile)
/** What a newer Composer needs besides the extensions that the PHP of this machine has. */
const NEEDED = /^(composer|jsonlint|php-(composer|json-schema|enum|psr|react|seld|symfony).*)$/

/** Composers of newer releases of Debian, because the distribution's own may be old. `bin/composer` is the program. */
export const COMPOSERS: readonly Peer[] = [
  { suite: 'trixie', version: '2.8.8' },
  { suite: 'sid', version: '2.11.0' },
].map(({ suite, version }) => ({
  name: 'composer',
  version,
  takes: 'about a minute, 15 MB',
  build: async (folder) => {
    const composer = await fromDebian(suite, folder)
    const { stdout } = await run(path.join(composer, 'bin/composer'), ['--version', '--no-ansi'], {
      env: { ...process.env, HOME: folder, COMPOSER_ALLOW_SUPERUSER: '1' },
    })
    if (!stdout.includes(`version ${version} `)) throw new Error(`${suite} has ${stdout.split('\n')[0]}`)
    return composer
  },
}))

/** Downloads from the mirror of this machine with lists of its own, and installs nothing. */
async function fromDebian(suite: string, folder: string): Promise<string> {
  const at = (...names: string[]) => path.join(folder, ...names)
  const env = { ...process.env, APT_CONFIG: at('apt.conf') }
  for (const dir of ['lists/partial', 'cache/archives/partial', 'debs', 'composer/bin'])
    fs.mkdirSync(at(dir), { recursive: true })
  const mirror = await debianMirror()
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  fs.writeFileSync(at('sources.list'), `deb [signed-by=${keys}] ${mirror} ${suite} main\n`)
  fs.writeFileSync(at('status'), '')
  const settings = {
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`)
  fs.writeFileSync(at('apt.conf'), lines.join(''))
  await run('apt-get', ['update', '-qq'], { env })
  const not = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (each) => `--no-${each}`,
  )
  const { stdout } = await run('apt-cache', ['depends', '--recurse', ...not, 'composer'], { env })
  const names = [...new Set(stdout.split('\n'))].filter((name) => NEEDED.test(name))
  await run('apt-get', ['download', '-qq', ...names], { env, cwd: at('debs') })
  for (const deb of fs.readdirSync(at('debs'))) await run('dpkg', ['-x', at('debs', deb), at('composer')])
  adapt(at('composer'))
  return at('composer')
}

async function debianMirror(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']).catch(() => ({
    stdout: '',
  }))
  const mirror = stdout.split('\n').find((uri) => uri.endsWith('/debian/'))
  if (!mirror) throw new Error('there is no mirror of Debian in the settings of apt.')
  return mirror
}

/** Lets it run from any folder, and on a PHP before 8.4. */
function adapt(composer: string): void {
  const php = path.join(composer, 'usr/share/php')
  for (const file of fs.globSync('**/autoload.php', { cwd: php })) {
    const text = fs.readFileSync(path.join(php, file), 'utf8')
    fs.writeFileSync(path.join(php, file), text.replaceAll("'/usr/share/php/", "'"))
  }
  fs.writeFileSync(path.join(composer, 'polyfill.php'), POLYFILL)
  const dir = '"$(dirname "$0")/..'
  fs.writeFileSync(
    path.join(composer, 'bin/composer'),
    `#!/bin/sh\nexec php -d include_path=${dir}/usr/share/php" -d auto_prepend_file=${dir}/polyfill.php" ${dir}/usr/bin/composer" "$@"\n`,
    { mode: 0o755 },
  )
}

const POLYFILL = `<?php
if (!function_exists('array_find')) {
  function array_find(array $array, callable $callback): mixed {
    foreach ($array as $key => $value) if ($callback($value, $key)) return $value;
    return null;
  }
  function array_any(array $array, callable $callback): bool {
    foreach ($array as $key => $value) if ($callback($value, $key)) return true;
    return false;
  }
  function array_all(array $array, callable $callback): bool {
    foreach ($array as $key => $value) if (!$callback($value, $key)) return false;
    return true;
  }
}
`
