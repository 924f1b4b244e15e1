import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { onPath } from '../../../sandbox/engines/process.ts'
import type { Samples } from './samples.ts'

/** The PHP sources of Composer: those of the distribution, or of another Composer that is unpacked somewhere. */
export const COMPOSER_LIB = process.env.COMPOSER_LIB ?? '/usr/share/php/Composer'

/** Whether PHP and the sources of Composer are here. */
export const hasJudge = Boolean(onPath('php')) && fs.existsSync(COMPOSER_LIB)

export interface Judgement {
  /** What the judge reads as the newest Composer does. */
  newest: { dates: boolean; suffix: boolean; bounds: boolean }
  /** Normalized or null, stability, normalized as a branch, numeric alias prefix or null. */
  versions: [string | null, string, string, string | null][]
  pairs: number[]
  /** As Composer prints it, with its bounds. Null for an invalid constraint. */
  constraints: ([text: string, lower: string, upper: string] | null)[]
  meetings: boolean[]
  satisfied: boolean[]
  lists: string[][]
}

export const judged = (samples: Samples): Judgement =>
  runPhp('test/kernel/composer-version/judge.php', `${COMPOSER_LIB}/Semver`, samples) as Judgement

/** Runs PHP once, with JSON in and out. `PHP_OPTIONS`: such as `-d auto_prepend_file=polyfill.php`. */
export function runPhp(script: string, argument: string, input: unknown): unknown {
  if (!hasJudge)
    throw new Error('PHP or the Composer of the distribution is missing: install php-cli and composer')
  const more = process.env.PHP_OPTIONS?.split(' ') ?? []
  const options = { input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 2 ** 27 } as const
  return JSON.parse(execFileSync('php', [...more, path.resolve(script), argument], options))
}
