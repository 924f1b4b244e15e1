import { describe, expect, test } from 'vitest'
import { openPasswords } from '#domain/identity'

const passwords = openPasswords()

describe('a password', () => {
  test('is kept as a PHC string of argon2id, with the cost in it and a salt of its own', async () => {
    const [one, other] = await Promise.all([passwords.hash('open sesame'), passwords.hash('open sesame')])

    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(other)
  })

  test('is known again, and no other is', async () => {
    const phc = await passwords.hash('open sesame')

    expect(await passwords.verify('open sesame', phc)).toBe(true)
    for (const wrong of ['Open sesame', 'open sesame ', 'open sesam', '', 'open sesame\0'])
      expect(await passwords.verify(wrong, phc)).toBe(false)
  })

  test('is the same one from a keyboard that composes its letters', async () => {
    const phc = await passwords.hash('Zo\u00eb \ufb01nds')

    expect(await passwords.verify('Zoe\u0308 finds', phc)).toBe(true)
    expect(await passwords.verify('Zoe finds', phc)).toBe(false)
  })

  test('is compared at the cost it was hashed with (a vector of the reference implementation, src/test.c)', async () => {
    const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

    expect(await passwords.verify('password', phc)).toBe(true)
    expect(await passwords.verify('differentpassword', phc)).toBe(false)
  })

  test.for([null, undefined])('is wrong for somebody who has none: %s', async (none) => {
    expect(await passwords.verify('', none)).toBe(false)
    expect(await passwords.verify('anything', none)).toBe(false)
  })

  test.for(['', 'secret', '$2b$10$abcdefghijklmnopqrstuv', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$'])(
    'that was stored as something else is a bug, not a wrong password: %j',
    async (stored) => {
      await expect(passwords.verify('x', stored)).rejects.toThrow('not a PHC string')
    },
  )
})

describe('many passwords at once', () => {
  test('wait in a queue that is bounded; whoever does not fit is told to come back', async () => {
    const few = openPasswords({ atOnce: 2, waiting: 3 })

    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => few.verify('x', undefined)))

    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ])
    for (const answer of answers.slice(5))
      expect(answer).toMatchObject({ reason: { kind: 'unavailable', code: 'temporarily_unavailable' } })
  })

  test('are four that run and 32 that wait', async () => {
    const usual = openPasswords()

    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => usual.verify('x', undefined)))

    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(36)
  })

  test('leave their places free, also after an error', async () => {
    const one = openPasswords({ atOnce: 1, waiting: 0 })

    await expect(one.verify('x', 'no hash')).rejects.toThrow('not a PHC string')
    const again = await one.verify('x', undefined)

    expect(again).toBe(false)
  })
})
