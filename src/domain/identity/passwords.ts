import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { TooManyPasswordsAtOnce } from './errors.ts'

/** 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet; 11 to 38 ms measured. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/
/** Of nobody's password; costs as much as a real one. */
const NOBODYS = phcOf(Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES))

const argon2id = promisify((parameters: Argon2Parameters, done: (e: Error | null, hash?: Buffer) => void) =>
  argon2('argon2id', parameters, done),
)

/** Both refuse `temporarily_unavailable` when too many others wait: each one holds 19 MiB and a thread. */
export interface Passwords {
  /** A PHC string of argon2id with a salt of its own. */
  hash: (password: string) => Promise<string>
  /** Without a hash it takes as long and is false. */
  verify: (password: string, phc: string | null | undefined) => Promise<boolean>
}

/** One for a process. */
export function openPasswords({ atOnce = 4, waiting = 32 } = {}): Passwords {
  const inTurn = turns(atOnce, waiting)
  return {
    hash: (password) =>
      inTurn(async () => {
        const nonce = randomBytes(SALT_BYTES)
        return phcOf(nonce, await derive(password, { ...COST, nonce, tagLength: HASH_BYTES }))
      }),
    verify: (password, phc) =>
      inTurn(async () => {
        const { hash, ...parameters } = read(phc ?? NOBODYS)
        const derived = await derive(password, { ...parameters, tagLength: hash.length })
        return timingSafeEqual(derived, hash) && Boolean(phc)
      }),
  }
}

/** NFKC, so that a password typed on another keyboard is the same one (NIST SP 800-63B). */
async function derive(password: string, parameters: Omit<Argon2Parameters, 'message'>): Promise<Buffer> {
  const hash = await argon2id({ ...parameters, message: password.normalize('NFKC') })
  if (!hash) throw new Error('argon2 answered nothing')
  return hash
}

function phcOf(salt: Buffer, hash: Buffer): string {
  const { memory, passes, parallelism } = COST
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(hash)}`
}

/** By the cost it was made with, so that a dearer one can come. */
function read(phc: string) {
  const [, memory, passes, parallelism, salt = '', hash = ''] = PHC.exec(phc) ?? []
  if (!hash) throw new Error('a stored password is no PHC string of argon2id')
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

/** Lets `atOnce` works run; `waiting` others get their turn in order, any more are refused. */
function turns(atOnce: number, waiting: number) {
  const queue: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    else if (queue.length >= waiting) throw new TooManyPasswordsAtOnce()
    else await new Promise<void>((myTurn) => queue.push(myTurn))
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
