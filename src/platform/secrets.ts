import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

export interface Sealed {
  keyId: string
  /** 12 bytes nonce, 16 bytes tag, then the encrypted text. */
  sealed: Buffer
}

export interface Secrets {
  /** Encrypts with AES-256-GCM. `about` binds the text to its row, so it cannot be opened for another row. */
  seal: (text: string, about: string) => Sealed
  /** Also opens what was sealed with an old key. Throws for any other key, another row or changed bytes. */
  open: (sealed: Sealed, about: string) => string
  /** Returns a 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). It is the same in all processes. */
  deriveKey: (purpose: string) => Buffer
}

export interface SecretKeys {
  /** 32 bytes in base64, the same in all processes of a deployment. */
  key: string
  /** Earlier keys. They only open what was sealed before a rotation. */
  oldKeys?: readonly string[]
}

export function openSecrets({ key, oldKeys = [] }: SecretKeys): Secrets {
  const { deriveKey, sealKey, keyId } = keysFrom(key)
  const known = new Map(
    [...oldKeys.map(keysFrom), { keyId, sealKey }].map((each) => [each.keyId, each.sealKey]),
  )
  return {
    deriveKey,
    seal(text, about) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(about))
      const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return { keyId, sealed: Buffer.concat([nonce, cipher.getAuthTag(), bytes]) }
    },
    open(secret, about) {
      const openKey = known.get(secret.keyId)
      if (!openKey) throw new Error(`sealed with another key: ${secret.keyId}`)
      const decipher = createDecipheriv('aes-256-gcm', openKey, secret.sealed.subarray(0, 12), {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(about))
        .setAuthTag(secret.sealed.subarray(12, 28))
      return Buffer.concat([decipher.update(secret.sealed.subarray(28)), decipher.final()]).toString('utf8')
    },
  }
}

function keysFrom(key: string) {
  const master = Buffer.from(key, 'base64')
  if (master.length !== 32) throw new RangeError('the key has to be 32 bytes in base64')
  const deriveKey = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', master, '', `packagento ${purpose}`, 32))
  const sealKey = deriveKey('seal')
  return { deriveKey, sealKey, keyId: createHash('sha256').update(sealKey).digest('hex').slice(0, 16) }
}
