import { freePort } from '../../sandbox/engines/process.ts'
import { goInstall, type Peer, startPeer } from './peer.ts'

/** An SMTP server of other people that shows what arrived over a REST API. */
export const MAILPIT: Peer = {
  name: 'mailpit',
  version: '1.33.1',
  takes: 'about 3 minutes, 24 MB',
  build: (folder) => goInstall('github.com/axllent/mailpit@v1.33.1', folder),
}

/** A message as mailpit has parsed it. */
export interface Arrived {
  ID: string
  MessageID: string
  From: { Name: string; Address: string }
  To: { Name: string; Address: string }[]
  Subject: string
  Text: string
  HTML: string
}

export type Mailpit = Awaited<ReturnType<typeof startMailpit>>

export async function startMailpit(program: string) {
  const [web, smtp] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${web}`
  const listen = ['--listen', `127.0.0.1:${web}`, '--smtp', `127.0.0.1:${smtp}`]
  const { stop } = await startPeer(program, {
    args: [...listen, '--disable-version-check', '--smtp-disable-rdns'],
    readyAt: `${url}/readyz`,
  })
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${url}/api/v1/${path}`)
    if (!response.ok) throw new Error(`mailpit answered ${response.status} to ${path}`)
    return (await response.json()) as T
  }
  return {
    stop,
    smtpUrl: `smtp://127.0.0.1:${smtp}`,
    /** Everything that arrived for an address, newest first. */
    async mailsTo(address: string): Promise<Arrived[]> {
      const query = encodeURIComponent(`to:"${address}"`)
      const { messages } = await get<{ messages: { ID: string }[] }>(`search?query=${query}&limit=50`)
      return Promise.all(messages.map(({ ID }) => get<Arrived>(`message/${ID}`)))
    },
    headersOf: ({ ID }: Arrived) => get<Record<string, string[]>>(`message/${ID}/headers`),
  }
}
