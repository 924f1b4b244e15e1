import { expect, test } from 'vitest'
import { isReservedName } from '#domain/orgs'

test.for([
  'Packagento',
  'Packagentos',
  'packa gento Support',
  'The Packagento',
  'The Packagento team',
  'Official Pack-agento Labs',
  'ThePackagento',
  'thepackagento',
  'my thepackagento',
  'The Admin',
  'the  support!',
  'THEOPERATOR',
  't-h-e-security',
  '支持Packagento',
  '@Packagento!',
  'Packag3nto',
  'P@ckagento',
  'Pack@gento',
  '4dmin',
  '@dmin!',
  'Adm!n!',
  '!Adm|n',
  '$upport!',
  '5upport',
  'Support!',
  'Adminʼ',
  'S u p p o r t',
  'ⲞⲢⲈⲢⲀⲦⲞⲢ',
  'ОРЕРАТОР',
])('%s looks like a name of this market', (name) => {
  expect(isReservedName(name)).toBe(true)
})

test.for([
  '5 Elements',
  'Studio 54',
  '@home Shop',
  'Yahoo!',
  'C&A',
  'Administration',
  'Supporters Club',
  'Shop Support',
  'Security & Locks',
  'Jetpack Agento',
  'Unpackagento',
  'Bathepackagento',
  'Their Admin',
  'The Administration',
  'The Shop',
  'Packages24',
  'Магазин',
  'ร้านABC',
])('%s is a name of others', (name) => {
  expect(isReservedName(name)).toBe(false)
})

test('signs that may be letters do not make a comparison slow', () => {
  const names = ['$€¢'.repeat(33), `P${'@'.repeat(99)}`, `oper${'@+'.repeat(48)}`]
  const since = process.cpuUsage()
  for (let n = 0; n < 20; n++) expect(names.filter(isReservedName)).toEqual([])
  expect(process.cpuUsage(since).user / 1_000).toBeLessThan(500)
})
