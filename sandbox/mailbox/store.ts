import fs from 'node:fs'
import path from 'node:path'
import { read, write } from '../remembered.ts'

/** A mail that arrived. */
export interface Message {
  /** 1 for the first. */
  id: number
  message_id: string
  from: string
  to: string[]
  subject: string
  text: string
  html: string
  /** The links in the text. */
  links: string[]
  received_at: string
}

export interface MessageStore {
  /** Newest first. With an address, only the messages to it. */
  list: (to?: string) => Message[]
  find: (id: number) => Message | undefined
  add: (message: Omit<Message, 'id'>) => Message
  clear: () => void
}

/** Keeps messages in memory. With a folder, also writes each message to a file there. */
export function openMessages(dir?: string): MessageStore {
  const messages = dir ? earlier(dir) : []
  let last = messages.at(-1)?.id ?? 0
  const fileOf = (folder: string, id: number) => path.join(folder, `${String(id).padStart(6, '0')}.json`)
  return {
    list: (to) => messages.filter((message) => !to || message.to.includes(to.toLowerCase())).reverse(),
    find: (id) => messages.find((message) => message.id === id),
    add(message) {
      const added = { id: ++last, ...message }
      if (dir) write(fileOf(dir, added.id), JSON.stringify(added))
      messages.push(added)
      return added
    },
    clear() {
      for (const { id } of messages.splice(0)) if (dir) fs.rmSync(fileOf(dir, id), { force: true })
    },
  }
}

function earlier(dir: string): Message[] {
  fs.mkdirSync(dir, { recursive: true })
  const found = fs.readdirSync(dir).filter((name) => name.endsWith('.json'))
  return found.sort().flatMap((name) => {
    const message = read<Message>(path.join(dir, name))
    return message?.id ? [message as Message] : []
  })
}
