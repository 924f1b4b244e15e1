import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { aRandom, type Random } from '../../support/random.ts'

export interface Samples {
  versions: string[]
  /** Normalized versions. */
  pairs: (readonly [string, string])[]
  constraints: string[]
  /** Two valid constraints. */
  meetings: (readonly [string, string])[]
  /** A valid version and a valid constraint. */
  satisfied: (readonly [string, string])[]
  /** Valid versions that are no branches. */
  lists: string[][]
}

const COUNT = 5_000

/** 5,000 of each kind, valid and invalid. The second half of each constraint list differs from the first in spaces and glue. */
export function randomSamples(seed: number): Samples {
  const random = aRandom(seed)
  const { pick } = random
  const versions = Array.from({ length: COUNT }, () => version(random))
  const constraints = Array.from({ length: COUNT }, () => randomConstraint(random))
  const read = (each: string) => normalizeOrUndefined(each, COMPOSER_2_5)
  const isRelease = (each: string | undefined) => each !== undefined && !each.startsWith('dev-')
  const comparable = versions.map(read).filter((each): each is string => isRelease(each))
  const readable = versions.filter((each) => read(each) !== undefined)
  const releases = readable.filter(
    (each) => isRelease(read(each)) && read(each) === normalizeOrUndefined(each),
  )
  const valid = constraints.filter((each) => parseConstraint(each, COMPOSER_2_5) !== undefined)
  return {
    versions,
    pairs: versions.map(() => [pick(comparable), pick(comparable)]),
    constraints,
    meetings: versions.map(() => [pick(valid), pick(valid)]),
    satisfied: versions.map(() => [pick(readable), pick(valid)]),
    lists: Array.from({ length: 100 }, () => Array.from({ length: 20 }, () => pick(releases))),
  }
}

const NUMBERS = [
  '0',
  '1',
  '2',
  '9',
  '10',
  '007',
  '99999',
  '20261123',
  '202611',
  '9223372036854775807',
  '9'.repeat(21),
]
const WORDS = 'alpha a beta b RC rc Rc p pl patch stable STABLE dev DEV apple x X'.split(' ')
const GLUE = ['.', '-', '_', '', '+', ':', ' ', '#', '@', '\n', '\t', '\u00a0', 'é', ',', '|', '*']

const number = ({ pick }: Random) => pick(NUMBERS)
const suffix = ({ pick }: Random) =>
  pick(['-', '.', '_', '']) + pick(WORDS) + pick(['', '.', '-']) + pick(['', '1', '2.1', '0'])

function sensible(random: Random): string {
  const { pick, many, sometimes } = random
  const end = pick(['', '', '', '-dev', '.x-dev', '+build', '@dev', '\n'])
  return `${pick(['', '', 'v', 'V'])}${number(random)}${many(3, () => `.${number(random)}`)}${sometimes(0.4, () => suffix(random))}${end}`
}

const nonsense = (random: Random) =>
  random.many(7, () => random.pick([number, () => random.pick(WORDS), () => random.pick(GLUE)])(random))

const branch = ({ pick }: Random) =>
  pick([
    'dev-',
    'dev-master',
    'DEV-x',
    'master',
    'trunk',
    'feature-foo-dev',
    '1.x-dev',
    'v2.*-dev',
    '1.0 as 2.0',
  ])

const date = (random: Random) => {
  const { pick, many, sometimes } = random
  const glue = pick(['', '.', '-', ':'])
  return `${pick(['', 'v'])}${pick(['2024', '2010'])}${glue}${pick(['05', '12', '5'])}${glue}01${many(3, () => pick(['.', '-', '']) + pick(['0', '10', '203', '4']))}${sometimes(0.2, () => suffix(random))}`
}

const version = (random: Random): string =>
  random.pick([sensible, sensible, sensible, date, nonsense, branch])(random)

const OPERATORS = ['', '', '=', '==', '!=', '<>', '<', '<=', '>', '>=', '~', '^', '~>', '=>', '!', '^ ']

function range(random: Random): string {
  const { pick, sometimes } = random
  const operator = pick(OPERATORS)
  const flag = sometimes(0.1, () => pick(['@dev', '@beta', '@RC', '@stable', '@Alpha', '@foo', '#abc123']))
  return `${operator}${sometimes(0.1, () => ' ')}${version(random)}${flag}`
}

const short = ({ pick, many }: Random) =>
  pick(['^', '~', '>=', '']) + pick(['0', '1', '2']) + many(3, () => `.${pick(['0', '1', '3', '*', 'x'])}`)

const wildcard = ({ pick, many }: Random) =>
  `${pick(['', '', 'v', '^', '~', '>='])}${pick(['', '1', '0', '007'])}${many(3, () => `.${pick(['0', '2', '*', 'x', 'X'])}`)}${pick(['', '.*', '*'])}`

const hyphen = (random: Random) =>
  `${sensible(random)}${random.pick([' - ', ' -  ', '-', ' -'])}${sensible(random)}`

export function randomConstraint(random: Random): string {
  const { pick, below } = random
  const one = () => pick([range, range, short, short, short, wildcard, hyphen, nonsense])(random)
  const glue = pick([' || ', '|', '||', ' | ', ' ', ', ', ',', ' , ', '  '])
  const text = Array.from({ length: pick([1, 1, 2, 2, 3]) }, one).join(glue)
  return below(20) ? text : pick([' ', '\n', '', '*', '@dev', 'self.version', '^', '1.0 as 2.0']) + text
}
