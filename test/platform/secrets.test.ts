import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openSecrets, type Sealed } from '../../src/platform/secrets.ts'

const KEY = randomBytes(32).toString('base64')
const secrets = openSecrets({ key: KEY })
const ROW = 'one_time_secrets op_1'

/** The same, with one bit of one byte changed. */
function flipped({ keyId, sealed }: Sealed, at: number): Sealed {
  const changed = Buffer.from(sealed)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return { keyId, sealed: changed }
}

describe('a sealed text', () => {
  test.for(['psk_secret', '', 'Größe 🔑', 'x'.repeat(100_000)])('opens as it was: %#', (text) => {
    expect(secrets.open(secrets.seal(text, ROW), ROW)).toBe(text)
  })

  test('opens in another process with the same key', () => {
    expect(openSecrets({ key: KEY }).open(secrets.seal('psk_secret', ROW), ROW)).toBe('psk_secret')
  })

  test('shows nothing of what is in it, and is another one each time', () => {
    const [one, other] = [secrets.seal('psk_secret', ROW), secrets.seal('psk_secret', ROW)]

    expect(one.sealed.includes('psk')).toBe(false)
    expect(one.sealed.subarray(0, 12)).not.toEqual(other.sealed.subarray(0, 12))
    expect(one.sealed.subarray(28)).not.toEqual(other.sealed.subarray(28))
  })

  test.for(['one_time_secrets op_2', '', `${ROW} `])('does not open for another row: %j', (row) => {
    expect(() => secrets.open(secrets.seal('psk_secret', ROW), row)).toThrow('unable to authenticate')
  })

  test('does not open after any of its bytes changed', () => {
    const sealed = secrets.seal('psk_secret', ROW)

    const opened = [...sealed.sealed.keys()].filter((at) => {
      try {
        secrets.open(flipped(sealed, at), ROW)
        return true
      } catch {
        return false
      }
    })

    expect(opened).toEqual([])
  })

  test.for(['psk_secret', ''])('does not open when it was cut, nor on a part of its tag: %j', (text) => {
    const { keyId, sealed } = secrets.seal(text, ROW)

    for (let length = 0; length < sealed.length; length++) {
      const cut = { keyId, sealed: sealed.subarray(0, length) }
      expect(() => secrets.open(cut, ROW)).toThrow(/initialization vector|authenticat/)
    }
  })
})

describe('another key', () => {
  const other = openSecrets({ key: randomBytes(32).toString('base64') })
  const sealed = secrets.seal('psk_secret', ROW)

  test('is told by its id, and the message shows neither text nor key', () => {
    const id = sealed.keyId

    expect(() => other.open(sealed, ROW)).toThrow(new Error(`sealed with another key: ${id}`))
    expect(Buffer.from(KEY, 'base64').toString('hex')).not.toContain(id)
  })

  test('opens nothing, even under a borrowed id', () => {
    const { keyId } = other.seal('', ROW)

    expect(() => other.open({ ...sealed, keyId }, ROW)).toThrow('unable to authenticate')
  })
})

describe('a key for one purpose', () => {
  test('is the same in all processes and after years', () => {
    const fixed = openSecrets({ key: Buffer.alloc(32, 7).toString('base64') })

    expect(openSecrets({ key: KEY }).deriveKey('quote')).toEqual(secrets.deriveKey('quote'))
    expect(fixed.deriveKey('quote').toString('hex')).toBe(
      'ea523876fca1daa335cb182cfbdeb4e93906d863b963b13f76d9648972c42bdc',
    )
  })

  test('differs from that of any other purpose, from the master key and from what seals', () => {
    const keys = ['quote', 'cursor', 'quote '].map((purpose) => secrets.deriveKey(purpose).toString('base64'))

    expect(new Set([...keys, KEY]).size).toBe(4)
    expect(keys.every((key) => Buffer.from(key, 'base64').length === 32)).toBe(true)
  })

  test('differs in another deployment', () => {
    const other = openSecrets({ key: randomBytes(32).toString('base64') })

    expect(other.deriveKey('quote')).not.toEqual(secrets.deriveKey('quote'))
  })
})

describe('a master key', () => {
  test.for(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])(
    'that has not 32 bytes is refused unseen: %#',
    (key) => {
      expect(() => openSecrets({ key })).toThrow(new RangeError('the key has to be 32 bytes in base64'))
    },
  )
})
