import { describe, expect, test } from 'vitest'
import { boundsOf, INFINITY, ZERO } from '#kernel/composer-version/bounds'
import { compare } from '#kernel/composer-version/compare'
import type { Constraint } from '#kernel/composer-version/constraint'
import { intersects } from '#kernel/composer-version/intersects'
import { normalize, parseStability } from '#kernel/composer-version/normalize'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { satisfies } from '#kernel/composer-version/satisfies'
import { sortVersions } from '#kernel/composer-version/sort'

const parsed = (text: string): Constraint => {
  const constraint = parseConstraint(text)
  if (constraint === undefined) throw new Error(`${text} is no constraint`)
  return constraint
}
const allows = (constraint: string, version: string) => satisfies(normalize(version), parsed(constraint))

describe('a constraint', () => {
  test.for([
    ['1.2.3', '1.2.3', '1.2.4'],
    ['=1.2.3', 'v1.2.3.0', '1.2.3-beta1'],
    ['==1.2.3', '1.2.3', '1.2'],
    ['!=1.2.3', '1.2.4', '1.2.3'],
    ['<>1.2.3', 'dev-main', '1.2.3'],
    ['>1.2', '1.2.1', '1.2.0'],
    ['>= 1.2', '1.2.0-beta1', '1.1.9'],
    ['<1.2', '1.1.9', '1.2.0-alpha1'],
    ['<=1.2', '1.2.0', '1.2.0-patch1'],
    ['^1.2', '1.9', '2.0.0-beta1'],
    ['^0.3', '0.3.9', '0.4'],
    ['^0.0.3', '0.0.3', '0.0.4'],
    ['^0', '0.9', '1.0'],
    ['^1.2-beta2', '1.2.0-beta2', '1.2.0-beta1'],
    ['~1.2', '1.9', '2.0'],
    ['~1.2.3', '1.2.9', '1.3.0'],
    ['~1', '1.9', '2.0'],
    ['1.2.*', '1.2.9', '1.3.0-alpha1'],
    ['1.x', '1.9', '2.0'],
    ['1.0 - 2.0', '2.0.9', '2.1'],
    ['1.0 - 2.0.0', '2.0.0', '2.0.1'],
    ['>=1.0,<1.5', '1.4', '1.5'],
    ['>=1.0 <1.5', '1.4', '1.5'],
    ['^1.0 || ^3.0', '3.1', '2.0'],
    ['^1.0|^3.0', '1.1', '2.0'],
    ['^1.0@beta', '1.0.0-beta1', '2.0'],
    ['dev-main#abc123', 'dev-main', '1.0'],
    ['dev-main as 1.0.0', 'dev-main', 'dev-other'],
    ['feature-dev', 'dev-feature', '1.0'],
    ['^2024.05', '2024.05.01', '2025.01.01'],
    ['>=20230131.0.0', '20230131.0.1', '20230130.9.9'],
  ])('%s allows %s and not %s', ([constraint = '', within = '', outside = '']) => {
    expect([within, outside].map((version) => allows(constraint, version))).toEqual([true, false])
  })

  test('* and @dev allow every version, also branches', () => {
    for (const constraint of ['*', 'x', '@dev', '@beta', '* || ^1.0'])
      expect([allows(constraint, '0.0.1-dev'), allows(constraint, 'dev-main')]).toEqual([true, true])
    expect(allows('*.*', 'dev-main')).toBe(false)
  })

  test.for([
    '',
    ' ',
    '^',
    '~',
    '>=',
    '^8 || ^',
    '1.0 ||',
    '|| 1.0',
    '1.0 || || 2.0',
    '^2.0.*',
    '~1.*',
    '>=1.*.*',
    '~>1.2',
    '=>1.2',
    '>==1.0',
    '><1.0',
    '^^1.0',
    '1.0.0.0.0',
    '1.0.0-meh',
    '1.0#abc123',
    '1.0 - ',
    '- 2.0',
    '1.0 - 2.0 - 3.0',
    '1.*.3',
    '*.1',
    'foo',
    'feature-foo',
    'V1.*',
    '1.0@foo',
    '^1.0.0-x.7',
    'self.version',
    '1.0\u00a0|| 2.0',
    '1.0 , , 2.0 ^',
    'all',
    'latest',
    '${version}',
    '1.0, as 2.0',
    'dev-a b',
    '(^1.0)',
    '"1.0"',
  ])('%j is refused as a constraint', (text) => {
    expect(parseConstraint(text)).toBeUndefined()
  })

  test('a constraint has at most 255 characters', () => {
    const of = (length: number) => parseConstraint('1.0'.padEnd(length))
    expect([of(255) !== undefined, of(256)]).toEqual([true, undefined])
  })

  test('alternatives that touch are one range', () => {
    expect(parseConstraint('^1.0 || ^2.0 || ^3.0')).toEqual(parseConstraint('>=1.0.0.0-dev <4.0.0.0-dev'))
    expect(parseConstraint('^1.0 || ^3.0')).toMatchObject({ some: [{}, {}] })
  })

  test.for([
    ['^1.0', '^1.5', true],
    ['^1.0', '^2.0', false],
    ['<1.0', '>=1.0', false],
    ['<=1.0', '>=1.0', true],
    ['>1 <2', '<1 || >2', false],
    ['!=1.0', '1.0', false],
    ['!=1.0', '!=1.0', true],
    ['dev-main', '>=1.0', false],
    ['dev-main', 'dev-main', true],
    ['*', 'dev-main', true],
  ] as const)('%s and %s have a version in common: %s', ([a, b, meet]) => {
    expect([intersects(parsed(a), parsed(b)), intersects(parsed(b), parsed(a))]).toEqual([meet, meet])
  })

  test('from 1.0-RC1 on means from that version on, and in Composer 2.5 also its unstable versions', () => {
    expect(parseConstraint('>=1.0-RC1')).toEqual({ operator: '>=', version: '1.0.0.0-RC1' })
    expect(parseConstraint('>=1.0-RC1', COMPOSER_2_5)).toEqual({ operator: '>=', version: '1.0.0.0-RC1-dev' })
    expect(parseConstraint('>=1.0-beta1', COMPOSER_2_5)).toEqual({ operator: '>=', version: '1.0.0.0-beta1' })
  })

  test('of two upper bounds with one version, the one that includes it is higher', () => {
    const upper = (text: string) => boundsOf(parsed(text)).upper
    expect(upper('<=1.0.0.0-beta1 || <1.0.0.0-beta1')).toEqual({
      version: '1.0.0.0-beta1',
      isInclusive: true,
    })
    expect(upper('<=1.0.0.0-beta1, <1.0.0.0-beta1')).toEqual({ version: '1.0.0.0-beta1', isInclusive: false })
  })

  test('the bounds of a constraint are its lowest and its highest version', () => {
    const bounds = (text: string) => boundsOf(parsed(text))
    expect(bounds('^1.2 || ^3.0')).toEqual({
      lower: { version: '1.2.0.0-dev', isInclusive: true },
      upper: { version: '4.0.0.0-dev', isInclusive: false },
    })
    expect(bounds('>1.2, <=1.5')).toEqual({
      lower: { version: '1.2.0.0', isInclusive: false },
      upper: { version: '1.5.0.0', isInclusive: true },
    })
    for (const unbound of ['*', '!=1.0', 'dev-main'])
      expect(bounds(unbound)).toEqual({ lower: ZERO, upper: INFINITY })
  })

  test('versions sort from old to new and keep their spelling', () => {
    expect(sortVersions(['v2.0', '1.10', '1.9', '1.9-beta1'])).toEqual(['1.9-beta1', '1.9', '1.10', 'v2.0'])
  })

  test('255 hostile characters are read in less than 5 ms', () => {
    const filled = (unit: string, end = '') => unit.repeat(255).slice(0, 255 - end.length) + end
    const hostile = [
      ' ',
      '1',
      '1.',
      '-',
      '-1',
      'a',
      '1-a',
      '-a1',
      'dev',
      '.x',
      '*.',
      '~',
      '||',
      '| ',
      ', ',
      ' ,',
      'as ',
      ' as ',
      '#',
      '@',
      '1 - ',
      '- ',
      '+',
      '1+',
      '^1.0 ',
      '\n',
      '\n1',
      '1-dev',
      '.9',
      ':',
      '20',
      'x-dev#',
      '@dev',
      '\u00e9',
      'alpha',
      '1.0.0-p',
    ].flatMap((unit) => [filled(unit), filled(unit, '!'), `^1.0${filled(unit)}`.slice(0, 255)])
    const slowest = hostile.map((text) => {
      const times = Array.from({ length: 10 }, () => {
        const start = performance.now()
        parseConstraint(text)
        try {
          normalize(text)
        } catch {}
        parseStability(text)
        compare(text, `${text}.1`)
        return performance.now() - start
      })
      // the first one compiles, and the machine may be busy
      return { text, ms: Math.min(...times) }
    })
    expect(slowest.filter(({ ms }) => ms >= 5)).toEqual([])
  })
})
