import { expect, test } from 'vitest'
import { addressOf, countedNetworkOf, networkOf } from '#platform/network'

test.for([
  ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:4711', '192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::7', '2001:db8:1:2::7', '2001:db8:1:2::'],
  ['[2001:db8:1:2::7]:4711', '2001:db8:1:2::7', '2001:db8:1:2::'],
  ['fe80::1%eth0', 'fe80::1', 'fe80::'],
] as const)('the address that a proxy reports as %s is %s in the network %s', ([ip, address, network]) => {
  expect([addressOf({ ip }), networkOf({ ip })]).toEqual([address, network])
})

test('all /64s of one /48 are counted as one network, and addresses of IPv4 are counted apart', () => {
  const counted = ['2001:db8:1::1', '2001:db8:1:ffff::1', '2001:db8:2::1', '192.0.2.1', '192.0.2.2']

  expect(counted.map((ip) => countedNetworkOf({ ip }))).toEqual([
    '2001:db8:1::',
    '2001:db8:1::',
    '2001:db8:2::',
    '192.0.2.1',
    '192.0.2.2',
  ])
})

test.for(['garbage', '1.2.3.4.5', '999.1.1.1:80', '', '[::1', undefined])(
  'a client whose proxy reports the address %j is counted with the address of the proxy',
  (ip) => {
    expect(addressOf({ ip })).toBeUndefined()
    expect(countedNetworkOf({ ip, socket: { remoteAddress: '192.0.2.9' } })).toBe('192.0.2.9')
  },
)

test('clients that are gone share one network', () => {
  expect([networkOf({ ip: undefined }), countedNetworkOf({ socket: {} })]).toEqual(['unknown', 'unknown'])
})
