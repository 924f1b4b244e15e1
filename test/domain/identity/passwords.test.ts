import { describe, expect, test } from 'vitest'
import { openPasswords } from '#domain/identity'

const passwords = openPasswords()

describe('a password', () => {
  test('a password is stored as a PHC string of argon2id with its cost and its own salt', async () => {
    const [one, other] = await Promise.all([passwords.hash('open sesame'), passwords.hash('open sesame')])

    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(other)
  })

  test('only the right password is accepted', async () => {
    const phc = await passwords.hash('open sesame')

    expect(await passwords.verify('open sesame', phc)).toBe(true)
    for (const wrong of ['Open sesame', 'open sesame ', 'open sesam', '', 'open sesame\0'])
      expect(await passwords.verify(wrong, phc)).toBe(false)
  })

  test('a password is accepted in composed and decomposed Unicode', async () => {
    const phc = await passwords.hash('Zo\u00eb \ufb01nds')

    expect(await passwords.verify('Zoe\u0308 finds', phc)).toBe(true)
    expect(await passwords.verify('Zoe finds', phc)).toBe(false)
  })

  test('a password is checked with the cost of its hash (a vector of the reference implementation, src/test.c)', async () => {
    const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

    expect(await passwords.verify('password', phc)).toBe(true)
    expect(await passwords.verify('differentpassword', phc)).toBe(false)
  })

  test.for([null, undefined])(
    'every password is wrong for a customer without a password: %s',
    async (none) => {
      expect(await passwords.verify('', none)).toBe(false)
      expect(await passwords.verify('anything', none)).toBe(false)
    },
  )

  test.for(['', 'secret', '$2b$10$abcdefghijklmnopqrstuv', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$'])(
    'a stored password that is no PHC string is a bug, not a wrong password: %j',
    async (stored) => {
      await expect(passwords.verify('x', stored)).rejects.toThrow('not a PHC string')
    },
  )
})

describe('many passwords at once', () => {
  test('password checks wait in a limited queue, and a check is refused for now when the queue is full', async () => {
    const few = openPasswords({ atOnce: 2, waiting: 3 })

    const results = await Promise.allSettled(Array.from({ length: 8 }, () => few.verify('x', undefined)))

    expect(results.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ])
    for (const result of results.slice(5))
      expect(result).toMatchObject({ reason: { kind: 'unavailable', code: 'temporarily_unavailable' } })
  })

  test('by default, at most four password checks run and at most 32 wait', async () => {
    const usual = openPasswords()

    const results = await Promise.allSettled(Array.from({ length: 40 }, () => usual.verify('x', undefined)))

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(36)
  })

  test('a password check frees its place, even after an error', async () => {
    const one = openPasswords({ atOnce: 1, waiting: 0 })

    await expect(one.verify('x', 'no hash')).rejects.toThrow('not a PHC string')
    const again = await one.verify('x', undefined)

    expect(again).toBe(false)
  })
})
