import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { logKey, type StoredLogKey } from '#domain/transparency'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'

const ABOUT = 'the key of the transparency log'
const PUBLIC_KEY_BYTES = 32

export interface Signer {
  privateKey: KeyObject
  publicKey: Buffer
}

/** Returns the key of the log, which the first process of a deployment makes and stores sealed. */
export function openSigner({ db, secrets }: { db: Db; secrets: Secrets }): () => Promise<Signer> {
  let known: Signer | undefined
  return async () => {
    known ??= opened(await logKey(db, () => newKey(secrets)), secrets)
    return known
  }
}

function newKey(secrets: Secrets): StoredLogKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { ...secrets.seal(pem, ABOUT), publicKey: rawBytes(publicKey) }
}

function opened({ keyId, sealed, publicKey }: StoredLogKey, secrets: Secrets): Signer {
  const privateKey = createPrivateKey(secrets.open({ keyId, sealed }, ABOUT))
  // whoever changes the stored public key could otherwise publish a key that signs nothing
  if (!rawBytes(createPublicKey(privateKey)).equals(publicKey))
    throw new Error('the two halves of the key of the log do not belong together')
  return { privateKey, publicKey }
}

/** The key itself, without the header of its DER form (RFC 8410). */
const rawBytes = (publicKey: KeyObject): Buffer =>
  publicKey.export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_KEY_BYTES)
