import { type Check, checkOf, type Finding, type Inspected, listOf } from './check.ts'

const LARGE_ZIP = 20 * 2 ** 20
const LARGEST_POINTER = 1024
/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const POINTER = 'version https://git-lfs.github.com/spec/'

/** Whether the zip has what the repository has. */
export function checkArchive({ manifest, files, links, zipBytes }: Inspected): Check {
  if (manifest['type'] === 'metapackage')
    return { name: 'archive', status: 'skipped', message: 'A metapackage has no zip.' }
  const found: Finding[] = []
  const pointers = files.filter(
    ({ bytes }) => bytes.length <= LARGEST_POINTER && bytes.toString('latin1', 0, POINTER.length) === POINTER,
  )
  if (pointers.length)
    found.push({
      status: 'fail',
      message: `In place of files from Git LFS it has pointers: ${pathsOf(pointers)}.`,
    })
  if (links.length) found.push({ status: 'warn', message: `Links were left out: ${listOf(links)}.` })
  if (files.some(({ path }) => path === '.gitmodules'))
    found.push({ status: 'warn', message: 'Its submodules were left out.' })
  if (zipBytes > LARGE_ZIP)
    found.push({ status: 'warn', message: `The zip has ${Math.round(zipBytes / 2 ** 20)} MiB.` })
  return checkOf('archive', found, `The zip has ${files.length} files.`)
}

const pathsOf = (files: Inspected['files']) => listOf(files.map(({ path }) => path))
