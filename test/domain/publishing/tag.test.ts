import { expect, test } from 'vitest'
import { versionOfTag } from '#domain/publishing'

test.for([
  ['1.2.0', '1.2.0', '1.2.0.0', 'stable'],
  ['v1.2.0.4', '1.2.0.4', '1.2.0.4', 'stable'],
  ['1.0.0-beta', '1.0.0-beta', '1.0.0.0-beta', 'beta'],
  ['v1.0.0-RC.2', '1.0.0-RC.2', '1.0.0.0-RC2', 'RC'],
  ['1.0.0-p1', '1.0.0-p1', '1.0.0.0-patch1', 'stable'],
] as const)('the tag %s is the version %s', ([tag, label, normalized, stability]) => {
  expect(versionOfTag(tag)).toEqual({ label, normalized, stability })
})

test.for([
  '1.0.0-beta.',
  'v1.0.0-RC.',
  '1.0.0-',
  '1.0.0-beta..1',
  '1.0',
  'v1.0.0-beta01', // the same version as beta1
  '123456.0.0',
  '01.0.0',
  'release-1',
])('the tag %s is not a version', (tag) => {
  expect(versionOfTag(tag)).toBeUndefined()
})
