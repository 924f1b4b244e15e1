import { describe, expect, test } from 'vitest'
import { compare, newestFirst } from '#kernel/composer-version/compare'
import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import {
  normalize,
  normalizeBranch,
  normalizeOrUndefined,
  parseStability,
} from '#kernel/composer-version/normalize'

describe('a version', () => {
  test.for([
    ['1', '1.0.0.0'],
    ['v1.2.3', '1.2.3.0'],
    ['1.0.0-beta.2', '1.0.0.0-beta2'],
    ['1.0.0RC1', '1.0.0.0-RC1'],
    ['1.0.0-rc1-dev', '1.0.0.0-RC1-dev'],
    ['1.0-stable', '1.0.0.0'],
    ['1.0.0-pl3', '1.0.0.0-patch3'],
    ['1.0.0+build.5', '1.0.0.0'],
    ['1.0.0@beta', '1.0.0.0'],
    ['1.2.x-dev', '1.2.9999999.9999999-dev'],
    ['dev-main', 'dev-main'],
    ['master', 'dev-master'],
    ['2026.11.23', '2026.11.23.0'],
    ['20261123-0730', '20261123.0730'],
    ['dev-main as 1.0.0', 'dev-main'],
    ['1.5', '1.5.0.0'],
    ['2024.05.01', '2024.05.01.0'],
    ['20240501', '20240501'],
    ['20240501.1', '20240501.1'],
  ])('the version %s is normalized to %s', ([written, read]) => {
    expect(normalize(written ?? '')).toBe(read)
  })

  test.for([
    '',
    'a',
    '20100102.0.3.4',
    '1.0.0+a b',
    '1.0.0.0.0',
    '1.0 .2',
    '1.0.0-meh',
    'feature-foo',
    '1.0\u00a0',
    '1.0.0 stable',
  ])('%j is refused as a version', (written) => {
    expect(() => normalize(written)).toThrow('Composer cannot read this version')
  })

  // the only known differences to Composer 2.5: https://github.com/composer/semver/pull/149
  test.for([
    ['20230131.0.0', '20230131.0.0'],
    ['202301310000.0.0', '202301310000.0.0'],
    ['20100102.1.0', '20100102.1.0'],
    ['v20100102.0.3', '20100102.0.3'],
    ['2010-01-02-10-20-30.0.3', '2010.01.02.10.20.30.0.3'],
    ['20230131.0.0-beta2', '20230131.0.0-beta2'],
  ])('the version %s is normalized to %s since Composer 2.6, and refused before', ([written = '', read]) => {
    expect([normalizeOrUndefined(written), normalizeOrUndefined(written, COMPOSER_2_5)]).toEqual([
      read,
      undefined,
    ])
  })

  test('a date with two numbers and -dev is a version since Composer 2.6, and was a branch before', () => {
    expect(normalizeOrUndefined('20230131.0.0-dev')).toBe('20230131.0.0-dev')
    expect(normalizeOrUndefined('20230131.0.0-dev', COMPOSER_2_5)).toBe('20230131.0.0.9999999-dev')
  })

  test('the stability of a version is read from its suffix', () => {
    const written = [
      '1.0.0',
      '1.0-beta1',
      '1.0a2',
      '1.0.0-RC2',
      '1.0.x-dev',
      'dev-main',
      '1.0.0-patch1',
      '1.0+x',
    ]
    expect(written.map(parseStability)).toEqual('stable beta alpha RC dev dev stable stable'.split(' '))
  })

  test('a numeric branch is normalized to a version above all its releases', () => {
    expect(normalizeBranch('1.*')).toBe('1.9999999.9999999.9999999-dev')
    expect(normalizeBranch('feature/x')).toBe('dev-feature/x')
  })

  test('versions sort by number, then as alpha, beta, RC, release and patch', () => {
    const sorted = [
      '2.0.0.0',
      '2.0.0.0-RC1',
      '2.0.0.0-beta2',
      '2.0.0.0-beta1',
      '2.0.0.0-alpha1',
      '1.10.0.0',
      '1.9.0.0',
    ]
    expect([...sorted].reverse().sort((a, b) => compare(b, a))).toEqual(sorted)
    expect(newestFirst([...sorted].reverse(), (version) => version)).toEqual(sorted)
    expect(compare('2.0.0.0-patch1', '2.0.0.0')).toBe(1)
  })

  test('a very long version is refused, and does not slow down parsing and comparing', () => {
    const hostile = [
      '1.'.repeat(5_000),
      `${'-'.repeat(254)}x`,
      `1${'0'.repeat(5_000)}`,
      'dev'.repeat(85),
      '1'.repeat(255),
    ]
    expect(hostile.map((text) => normalizeOrUndefined(text))).toEqual(hostile.map(() => undefined))
    expect(hostile.map(parseStability)).toEqual(['stable', 'stable', 'stable', 'dev', 'stable'])
    expect(hostile.map((text) => compare(text, `${text.slice(0, 100)}-dev`))).toEqual([1, -1, 1, 1, 1])
  })
})
