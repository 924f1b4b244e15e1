import { describe, expect, test } from 'vitest'
import { licencesIn, supportIn } from '../../../src/domain/catalogue/vendor-links.ts'

const hrefs = (support: unknown) => supportIn({ support }).map(({ href }) => href)

describe('where a vendor gives help', () => {
  test('support is shown by host or address, the most useful first', () => {
    const support = {
      docs: 'https://docs.northwind.example/search',
      source: 'https://git.example/northwind/search',
      issues: 'https://git.example:8443/northwind/search/issues?a=1',
      email: 'help@northwind.example',
      forum: 'mailto:forum@northwind.example',
    }

    expect(supportIn({ support })).toEqual([
      { kind: 'email', href: 'mailto:help@northwind.example', shown: 'help@northwind.example' },
      {
        kind: 'issues',
        href: 'https://git.example:8443/northwind/search/issues?a=1',
        shown: 'git.example:8443',
      },
      { kind: 'forum', href: 'mailto:forum@northwind.example', shown: 'forum@northwind.example' },
      { kind: 'docs', href: 'https://docs.northwind.example/search', shown: 'docs.northwind.example' },
    ])
  })

  test.for([
    'javascript:alert(1)',
    'http://northwind.example',
    'data:text/html,x',
    '//northwind.example',
    'https://',
    'https://bank.example@northwind.example/',
    'mailto:help@northwind.example?bcc=all@acme.example',
    'help@northwind.example%0Abcc:all@acme.example',
    'help@localhost',
    '"x y"@northwind.example',
    `https://northwind.example/${'x'.repeat(500)}`,
    '',
    5,
    null,
    ['https://northwind.example'],
  ])('the link %j is left out', (target) => {
    expect(hrefs({ issues: target, email: target })).toEqual([])
  })

  test('a host in another alphabet is shown in ASCII', () => {
    expect(supportIn({ support: { issues: 'https://nоrthwind.example/' } })).toMatchObject([
      { shown: 'xn--nrthwind-nbh.example' },
    ])
  })

  test.for([undefined, null, 'https://northwind.example', [], ['https://northwind.example'], 7])(
    'support that is %j has no link',
    (support) => {
      expect(hrefs(support)).toEqual([])
    },
  )
})

describe('the licence of the code', () => {
  test.for([
    ['OSL-3.0', ['OSL-3.0']],
    [
      ['OSL-3.0', 'AFL-3.0'],
      ['OSL-3.0', 'AFL-3.0'],
    ],
    [{ 0: 'proprietary' }, ['proprietary']],
    ['(LGPL-2.1-only or GPL-3.0-or-later)', ['(LGPL-2.1-only or GPL-3.0-or-later)']],
    [undefined, []],
    [[], []],
    ['<b>', []],
    ['MIT\u202Etxt', []],
    ['x'.repeat(101), []],
    // one that cannot be shown may be the one that counts
    [['MIT', '<b>'], []],
    [5, []],
  ] as const)('license %j is shown as %j', ([license, shown]) => {
    expect(licencesIn({ license })).toEqual(shown)
  })
})
