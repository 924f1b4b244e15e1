// A signed tree head as a checkpoint (https://c2sp.org/tlog-checkpoint) in a signed note (https://c2sp.org/signed-note), so
// that tools of others can read and check it.
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { TreeHead } from './merkle.ts'

const ED25519 = 1
/** What precedes the 32 bytes of an Ed25519 public key in its DER form (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const SIGNATURE_BYTES = 64

/** `name+hash+key`: the form in which verifiers keep a public key. */
export function verifierKey(name: string, publicKey: Buffer): string {
  const typed = Buffer.concat([Buffer.of(ED25519), publicKey])
  return `${name}+${keyHash(name, typed).toString('hex')}+${typed.toString('base64')}`
}

function keyHash(name: string, typedKey: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(typedKey).digest().subarray(0, 4)
}

/** A head of the log with this name, signed with the log's key, whose public half has 32 bytes. */
export function signedCheckpoint(
  name: string,
  { size, root }: TreeHead,
  key: { privateKey: KeyObject; publicKey: Buffer },
): string {
  const text = `${name}\n${size}\n${root.toString('base64')}\n`
  const signature = sign(null, Buffer.from(text), key.privateKey)
  const signed = Buffer.concat([keyHash(name, Buffer.concat([Buffer.of(ED25519), key.publicKey])), signature])
  return `${text}\n— ${name} ${signed.toString('base64')}\n`
}

/** The head in a checkpoint. Undefined unless it is of the key's log and has the key's signature. */
export function openCheckpoint(checkpoint: string, verifier: string): TreeHead | undefined {
  const [, name, hash = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([\w+/]+=*)$/.exec(verifier) ?? []
  const typed = Buffer.from(encoded, 'base64')
  if (name === undefined || typed[0] !== ED25519 || typed.length !== 33) return undefined
  if (keyHash(name, typed).toString('hex') !== hash) return undefined
  const [, text, origin, size, root = '', signatures = ''] =
    /^((.+)\n(0|[1-9]\d{0,15})\n([\w+/]{43}=)\n(?:.+\n)*)\n((?:— .+\n)+)$/.exec(checkpoint) ?? []
  if (text === undefined || origin !== name) return undefined
  const key = createPublicKey({
    key: Buffer.concat([SPKI, typed.subarray(1)]),
    format: 'der',
    type: 'spki',
  })
  const isSigned = signatures.split('\n').some((line) => {
    const [, signer, base64 = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
    const bytes = Buffer.from(base64, 'base64')
    return (
      signer === name &&
      bytes.length === 4 + SIGNATURE_BYTES &&
      bytes.subarray(0, 4).toString('hex') === hash &&
      verify(null, Buffer.from(text), key, bytes.subarray(4))
    )
  })
  return isSigned ? { size: Number(size), root: Buffer.from(root, 'base64') } : undefined
}
