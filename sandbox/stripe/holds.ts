import { matches, type RequestMatch } from './faults.ts'

interface Held {
  method: string
  path: string
}

export interface Holds {
  /** Waits until the request is released, or all held requests are given up. */
  hold: (request: Held) => Promise<'released' | 'given up'>
  /** Releases the matching requests that wait now. Returns how many. */
  release: (match: RequestMatch) => number
  waiting: () => Held[]
  giveUp: () => void
}

/** Requests that wait for their answer until a test releases them. */
export function holdsOf(): Holds {
  const held = new Map<Held, (end: 'released' | 'given up') => void>()
  function end(request: Held, how: 'released' | 'given up'): void {
    held.get(request)?.(how)
    held.delete(request)
  }
  return {
    hold: ({ method, path }) => new Promise((resolve) => held.set({ method, path }, resolve)),
    release(match) {
      const wanted = [...held.keys()].filter((request) => matches(match, request))
      for (const request of wanted) end(request, 'released')
      return wanted.length
    },
    waiting: () => [...held.keys()],
    giveUp() {
      for (const request of held.keys()) end(request, 'given up')
    },
  }
}
