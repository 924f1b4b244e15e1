// npm run bench -- ingest: 300 tags of one repository, from a Git host to stored versions, compared with `git archive` of
// the same tags in a local repository.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openDatabase } from '#platform/database'
import { aPublishingVendor } from '../test/support/a-repository-of-a-vendor.ts'
import { serve } from './ingest-process.ts'

const TAGS = 300
const ROUNDS = Number(process.env['BENCH_INGEST_ROUNDS'] ?? 3)

/** Prints the ratio of the times, and the memory that the ingest process needed. */
export async function measureIngest(databaseUrl: string): Promise<void> {
  const ratios: number[] = []
  const figures: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { db, close } = openDatabase(databaseUrl, { max: 4 })
    const vendor = await aPublishingVendor(db)
    try {
      const module = await vendor.aPackage()
      fillRepository(module)
      const { folder } = module.repository
      const before = bare(folder)
      const { ms, mib } = await ingest({
        databaseUrl,
        packageId: module.id,
        host: vendor.host.name,
        cloneUrl: module.repository.remote.cloneUrl,
      })
      const after = bare(folder)
      const baseline = (before + after) / 2
      ratios.push(ms / baseline)
      figures.push(`${Math.round(ms)} : ${Math.round(baseline)} ms, ${mib} MiB`)
    } finally {
      await vendor.stop()
      await close()
    }
  }
  ratios.sort((a, b) => a - b)
  const median = ratios[Math.floor(ratios.length / 2)] ?? 0
  console.log(
    `ingest of ${TAGS} tags   ${median.toFixed(2)} of git archive --format=zip, goal 2 (${figures.join('; ')})`,
  )
}

type Module = Awaited<ReturnType<Awaited<ReturnType<typeof aPublishingVendor>>['aPackage']>>

/** A module of 150 files and about 800 KB. Each release changes five files. */
function fillRepository({ repository, composer }: Module): void {
  const files: Record<string, string> = {
    'composer.json': composer({ autoload: { 'psr-4': { 'A\\': 'src' } } }),
  }
  const source = (name: string, version: number) =>
    `<?php\nclass ${name}\n{\n    const VERSION = ${version};\n${Array.from({ length: 120 }, (_, i) => `    public function get${i}(): string { return '${name}-${i * version}'; }\n`).join('')}}\n`
  for (let i = 0; i < 150; i++) files[`src/Folder${i % 12}/Class${i}.php`] = source(`Class${i}`, i)
  for (let tag = 0; tag < TAGS; tag++) {
    for (let i = 0; i < 5; i++)
      files[`src/Folder${(tag + i) % 12}/Class${(tag * 5 + i) % 150}.php`] = source(`Class${i}`, tag)
    repository.release(`v1.${tag}.0`, files)
  }
  spawnSync('git', [`--git-dir=${repository.folder}`, 'repack', '-adq'])
}

/** Milliseconds for a zip of each tag, one after the other, in a local repository. */
function bare(folder: string): number {
  const out = path.join(os.tmpdir(), `bare-${process.pid}.zip`)
  const since = performance.now()
  for (let tag = 0; tag < TAGS; tag++) {
    const args = [`--git-dir=${folder}`, 'archive', '--format=zip', '-6', '-o', out, `v1.${tag}.0`]
    if (spawnSync('git', args).status !== 0) throw new Error('git archive failed')
  }
  fs.rmSync(out)
  return performance.now() - since
}

/** Ingests in a process of its own, as the worker does, so that its memory can be measured. */
async function ingest(given: Parameters<typeof serve>[0]): Promise<{ ms: number; mib: number }> {
  const child = fork(path.join(import.meta.dirname, 'ingest-process.ts'), ['serve'])
  child.send(given)
  const [report] = (await once(child, 'message')) as [{ ms: number; mib: number }]
  await once(child, 'exit')
  return report
}
