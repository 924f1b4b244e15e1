import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { onPath } from '../../../sandbox/engines/process.ts'
import type { Samples } from './samples.ts'

const SEMVER = '/usr/share/php/Composer/Semver'

/** Whether PHP and the Composer of the distribution are here. */
export const hasJudge: boolean = Boolean(onPath('php')) && fs.existsSync(SEMVER)

export interface Judgement {
  /** Normalized or null, stability, normalized as a branch, numeric alias prefix or null. */
  versions: [string | null, string, string, string | null][]
  pairs: number[]
  /** As Composer prints it, with its bounds. Null for an invalid constraint. */
  constraints: ([text: string, lower: string, upper: string] | null)[]
  meetings: boolean[]
  satisfied: boolean[]
  lists: string[][]
}

/** Runs PHP once. */
export function judged(samples: Samples): Judgement {
  if (!hasJudge)
    throw new Error('PHP or the Composer of the distribution is missing: install php-cli and composer')
  const script = path.resolve('test/kernel/composer-version/judge.php')
  const options = { input: JSON.stringify(samples), encoding: 'utf8', maxBuffer: 2 ** 27 } as const
  return JSON.parse(execFileSync('php', [script, SEMVER], options)) as Judgement
}
