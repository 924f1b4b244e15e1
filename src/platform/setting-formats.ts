import { isIP } from 'node:net'

/** 32 bytes in base64. */
export function isKey(text: string): boolean {
  return Buffer.from(text, 'base64').length === 32
}

/** An IP address, or a network such as 10.0.0.0/8. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return !more.length && longest > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && +bits <= longest))
}

export function isSmtp(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== ''
}

/** An origin without a path, because every URL that we print begins with it. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes('*')
}
