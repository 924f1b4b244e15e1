import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openSecrets, type Sealed } from '../../src/platform/secrets.ts'

const KEY = randomBytes(32).toString('base64')
const secrets = openSecrets({ key: KEY })
const ROW = 'one_time_secrets op_1'

/** A copy in which one bit of one byte is changed. */
function flipped({ keyId, sealed }: Sealed, at: number): Sealed {
  const changed = Buffer.from(sealed)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return { keyId, sealed: changed }
}

describe('a sealed text', () => {
  test.for(['psk_secret', '', 'Größe 🔑', 'x'.repeat(100_000)])(
    'a sealed text opens unchanged: %#',
    (text) => {
      expect(secrets.open(secrets.seal(text, ROW), ROW)).toBe(text)
    },
  )

  test('a sealed text opens in another process with the same key', () => {
    expect(openSecrets({ key: KEY }).open(secrets.seal('psk_secret', ROW), ROW)).toBe('psk_secret')
  })

  test('a sealed text does not show its plain text, and differs each time', () => {
    const [one, other] = [secrets.seal('psk_secret', ROW), secrets.seal('psk_secret', ROW)]

    expect(one.sealed.includes('psk')).toBe(false)
    expect(one.sealed.subarray(0, 12)).not.toEqual(other.sealed.subarray(0, 12))
    expect(one.sealed.subarray(28)).not.toEqual(other.sealed.subarray(28))
  })

  test.for(['one_time_secrets op_2', '', `${ROW} `])(
    'a sealed text does not open for another row: %j',
    (row) => {
      expect(() => secrets.open(secrets.seal('psk_secret', ROW), row)).toThrow('unable to authenticate')
    },
  )

  test('a sealed text does not open after any of its bytes was changed', () => {
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

  test.for(['psk_secret', ''])(
    'a sealed text that was cut does not open, even when the cut is in its tag: %j',
    (text) => {
      const { keyId, sealed } = secrets.seal(text, ROW)

      for (let length = 0; length < sealed.length; length++) {
        const cut = { keyId, sealed: sealed.subarray(0, length) }
        expect(() => secrets.open(cut, ROW)).toThrow(/initialization vector|authenticat/)
      }
    },
  )
})

describe('another key', () => {
  const other = openSecrets({ key: randomBytes(32).toString('base64') })
  const sealed = secrets.seal('psk_secret', ROW)

  test('the error about another key names the id of the key, and shows neither text nor key', () => {
    const id = sealed.keyId

    expect(() => other.open(sealed, ROW)).toThrow(new Error(`sealed with another key: ${id}`))
    expect(Buffer.from(KEY, 'base64').toString('hex')).not.toContain(id)
  })

  test('another key does not open a sealed text, even under the id of the right key', () => {
    const { keyId } = other.seal('', ROW)

    expect(() => other.open({ ...sealed, keyId }, ROW)).toThrow('unable to authenticate')
  })
})

describe('a key for one purpose', () => {
  test('the key for one purpose is the same in all processes and in all releases', () => {
    const fixed = openSecrets({ key: Buffer.alloc(32, 7).toString('base64') })

    expect(openSecrets({ key: KEY }).deriveKey('quote')).toEqual(secrets.deriveKey('quote'))
    expect(fixed.deriveKey('quote').toString('hex')).toBe(
      'ea523876fca1daa335cb182cfbdeb4e93906d863b963b13f76d9648972c42bdc',
    )
  })

  test('the key for one purpose differs from the key for any other purpose and from the master key', () => {
    const keys = ['quote', 'cursor', 'quote '].map((purpose) => secrets.deriveKey(purpose).toString('base64'))

    expect(new Set([...keys, KEY]).size).toBe(4)
    expect(keys.every((key) => Buffer.from(key, 'base64').length === 32)).toBe(true)
  })

  test('the key for one purpose differs under another master key', () => {
    const other = openSecrets({ key: randomBytes(32).toString('base64') })

    expect(other.deriveKey('quote')).not.toEqual(secrets.deriveKey('quote'))
  })
})

describe('a master key', () => {
  test.for(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])(
    'a master key that does not have 32 bytes is refused and not shown: %#',
    (key) => {
      expect(() => openSecrets({ key })).toThrow(new RangeError('the key has to be 32 bytes in base64'))
    },
  )
})
