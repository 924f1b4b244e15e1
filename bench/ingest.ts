// npm run bench -- ingest: 300 tags of one repository, from a Git host to stored versions, compared with `git archive` of
// the same tags in a local repository.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openDatabase } from '#platform/database'
import { aPublishingVendor } from '../test/support/a-repository-of-a-vendor.ts'
import { cpuWithChildren } from './cpu.ts'
import type { Ingested, serve } from './ingest-process.ts'

const TAGS = Number(process.env['BENCH_INGEST_TAGS'] ?? 300)
const ROUNDS = Number(process.env['BENCH_INGEST_ROUNDS'] ?? 3)

/** Prints the ratio of the times, and the memory that the ingest process needed. */
export async function measureIngest(databaseUrl: string): Promise<void> {
  const ratios: { byTime: number; byCpu: number }[] = []
  const figures: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const vendor = await aPublishingVendor(openDatabase(databaseUrl, { max: 4 }))
    try {
      const module = await vendor.aPackage()
      fillRepository(module)
      const { folder } = module.repository
      const before = bare(folder)
      const ours = await ingest({
        databaseUrl,
        packageId: module.id,
        host: vendor.host.name,
        cloneUrl: module.repository.remote.cloneUrl,
      })
      const after = bare(folder)
      ratios.push({
        byTime: (2 * ours.ms) / (before.ms + after.ms),
        byCpu: (2 * ours.cpu) / (before.cpu + after.cpu),
      })
      figures.push(`${Math.round(ours.ms)} : ${Math.round((before.ms + after.ms) / 2)} ms, ${ours.mib} MiB`)
    } finally {
      await vendor.stop()
    }
  }
  const [byTime, byCpu] = [ratios.map((each) => each.byTime), ratios.map((each) => each.byCpu)].map(median)
  console.log(
    `ingest of ${TAGS} tags    ${byTime} by time, ${byCpu} by CPU of git archive --format=zip, goal 2 (${figures.join('; ')})`,
  )
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]?.toFixed(2)

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

/** Makes a zip of each tag, one after the other, in a local repository. Returns the time and the CPU time, in ms. */
function bare(folder: string): { ms: number; cpu: number } {
  const out = path.join(os.tmpdir(), `bare-${process.pid}.zip`)
  const [since, cpuBefore] = [performance.now(), cpuWithChildren()]
  for (let tag = 0; tag < TAGS; tag++) {
    const args = [`--git-dir=${folder}`, 'archive', '--format=zip', '-6', '-o', out, `v1.${tag}.0`]
    if (spawnSync('git', args).status !== 0) throw new Error('git archive failed')
  }
  fs.rmSync(out)
  return { ms: performance.now() - since, cpu: cpuWithChildren() - cpuBefore }
}

/** Ingests in a process of its own, as the worker does, so that its memory can be measured. */
async function ingest(given: Parameters<typeof serve>[0]): Promise<Ingested> {
  const execArgv = process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? []
  const child = fork(path.join(import.meta.dirname, 'ingest-process.ts'), ['serve'], { execArgv })
  child.send(given)
  const [report] = (await once(child, 'message')) as [Ingested]
  await once(child, 'exit')
  return report
}
