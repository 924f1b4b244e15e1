import fs from 'node:fs'
import path from 'node:path'
import { PassThrough, type Readable } from 'node:stream'

export interface Desktop {
  /** A folder that has to come first in the PATH of the client. */
  bin: string
  /** The URL that the client opened, as a stream like its printed output. */
  opened: Readable
  close: () => void
}

/** A desktop for a client that prints no URL but calls `xdg-open`. */
export function aDesktop(home: string): Desktop {
  const bin = path.join(home, 'bin')
  const program = path.join(bin, 'xdg-open')
  fs.mkdirSync(bin)
  const opened = new PassThrough()
  const watcher = fs.watch(bin, (_, name) => {
    if (name === 'url' && fs.existsSync(path.join(bin, name)))
      opened.end(fs.readFileSync(path.join(bin, name)))
  })
  // renamed, so that it is never read half written
  const lines = ['#!/bin/sh', `printf '%s\\n' "$1" > '${bin}/new' && mv '${bin}/new' '${bin}/url'`, '']
  fs.writeFileSync(program, lines.join('\n'), { mode: 0o755 })
  return {
    bin,
    opened,
    close() {
      watcher.close()
      opened.end()
    },
  }
}
