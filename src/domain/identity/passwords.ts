import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { TooManyPasswordsAtOnce } from './errors.ts'

type Cost = Pick<Argon2Parameters, 'memory' | 'passes' | 'parallelism'>

/** 19 MiB, two passes, one lane, as in OWASP's Password Storage Cheat Sheet. Takes 11 to 38 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

const argon2id = promisify((parameters: Argon2Parameters, done: (e: Error | null, hash?: Buffer) => void) =>
  argon2('argon2id', parameters, done),
)

/** Each call needs 19 MiB and a thread. Both refuse `temporarily_unavailable` when too many calls wait. */
export interface Passwords {
  /** Returns a PHC string of argon2id with a new salt. */
  hash: (password: string) => Promise<string>
  /** Without a hash, it returns false after the same time. */
  verify: (password: string, phc: string | null | undefined) => Promise<boolean>
}

/** Call it once per process. At most `atOnce` calls run at the same time, and `waiting` others wait. */
export function openPasswords({ atOnce = 4, waiting = 32, cost = COST } = {}): Passwords {
  // a hash that no password has: its verification takes as long as that of a real hash
  const dummy = phcOf(Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES), cost)
  const limited = limitConcurrency(atOnce, waiting)
  return {
    hash: (password) =>
      limited(async () => {
        const nonce = randomBytes(SALT_BYTES)
        return phcOf(nonce, await derive(password, { ...cost, nonce, tagLength: HASH_BYTES }), cost)
      }),
    verify: (password, phc) =>
      limited(async () => {
        const { hash, ...parameters } = parsePhc(phc ?? dummy)
        const derived = await derive(password, { ...parameters, tagLength: hash.length })
        return timingSafeEqual(derived, hash) && Boolean(phc)
      }),
  }
}

/** Normalises to NFKC, so that a password from another keyboard gives the same bytes (NIST SP 800-63B). */
async function derive(password: string, parameters: Omit<Argon2Parameters, 'message'>): Promise<Buffer> {
  const hash = await argon2id({ ...parameters, message: password.normalize('NFKC') })
  if (!hash) throw new Error('argon2 returned no hash')
  return hash
}

function phcOf(salt: Buffer, hash: Buffer, { memory, passes, parallelism }: Cost): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(hash)}`
}

/** Reads the cost from the hash, so that `COST` can be raised later. */
function parsePhc(phc: string) {
  const [, memory, passes, parallelism, salt = '', hash = ''] = PHC.exec(phc) ?? []
  if (!hash) throw new Error('a stored password is not a PHC string of argon2id')
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

/** Runs at most `atOnce` tasks at the same time. Up to `waiting` others wait in order; any more are refused. */
function limitConcurrency(atOnce: number, waiting: number) {
  const queue: (() => void)[] = []
  let running = 0
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    else if (queue.length >= waiting) throw new TooManyPasswordsAtOnce()
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
