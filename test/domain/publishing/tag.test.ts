import { expect, test } from 'vitest'
import { versionOfTag } from '#domain/publishing'

test.for([
  ['1.2.0', '1.2.0', '1.2.0.0', 'stable'],
  ['v1.2.0.4', '1.2.0.4', '1.2.0.4', 'stable'],
  ['1.0.0-beta', '1.0.0-beta', '1.0.0.0-beta', 'beta'],
  ['v1.0.0-RC.2', '1.0.0-RC.2', '1.0.0.0-RC2', 'RC'],
  ['v1.5', '1.5', '1.5.0.0', 'stable'],
  ['1.02.3', '1.02.3', '1.02.3.0', 'stable'],
  ['2024.05.01', '2024.05.01', '2024.05.01.0', 'stable'],
  ['21.04', '21.04', '21.04.0.0', 'stable'],
  ['20230131.0.0', '20230131.0.0', '20230131.0.0', 'stable'],
  ['v202301311200.2-rc1', '202301311200.2-rc1', '202301311200.2-RC1', 'RC'],
  ['1.0.0-p1', '1.0.0-p1', '1.0.0.0-patch1', 'stable'],
] as const)('the tag %s is the version %s', ([tag, label, normalized, stability]) => {
  expect(versionOfTag(tag)).toEqual({ label, normalized, stability })
})

test.for([
  ['1.0.0+build', 'build'],
  ['1.0.0-beta1+5', 'build'],
  ['1.0.0-dev', 'branch'],
  ['1.0.0-RC1-DEV', 'branch'],
  ['1.0.0-beta.', 'unknown_suffix'],
  ['v1.0.0-RC.', 'unknown_suffix'],
  ['1.0.0-', 'unknown_suffix'],
  ['1.0.0-beta..1', 'unknown_suffix'],
  ['v1.0.0-beta01', 'unknown_suffix'],
  ['1.0.0-stable', 'unknown_suffix'],
  ['1.0.0\n', 'unknown_suffix'],
  ['v1', 'no_numbers'],
  ['20230131', 'no_numbers'],
  ['1.0.0.0.0', 'no_numbers'],
  ['01.0.0', 'no_numbers'],
  ['release-1', 'no_numbers'],
  ['--output=x', 'no_numbers'],
  ['', 'no_numbers'],
  ['123456.0.0', 'no_date'],
  ['20231301.0.0', 'no_date'],
  ['20230131.0.0.1', 'unreadable'],
  ['20230131.0.1000', 'unreadable'],
  [`1.0.${'1'.repeat(61)}`, 'too_long'],
] as const)('the tag %j is skipped, with the reason %s', ([tag, reason]) => {
  expect(versionOfTag(tag)).toEqual({ skipped: reason })
})
