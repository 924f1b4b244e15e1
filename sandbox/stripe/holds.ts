import { matches, type RequestMatch } from './faults.ts'

interface Held {
  method: string
  path: string
}

export interface Holds {
  /** Waits until somebody lets the request go, or gives all of them up. */
  hold: (request: Held) => Promise<'released' | 'given up'>
  /** Lets those go that wait now; answers how many. */
  release: (match: RequestMatch) => number
  waiting: () => Held[]
  giveUp: () => void
}

/** Requests that get no answer until a test has done what must happen meanwhile. */
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
