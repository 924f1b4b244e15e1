import { trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

const GATHER_MS = 10
const MAX_WAITING = 16_384

export interface LoggerOptions {
  level: string
  /** Default: standard output, with a delay of a few ms. */
  destination?: DestinationStream
}

/**
 * Writes one JSON line per message. Each finished line is redacted as a text, so no field, message or stack at any
 * depth contains a token, key, mail address or one-time URL.
 */
export function openLogger({ level, destination = standardOutput() }: LoggerOptions): Logger {
  const scrubbed: DestinationStream = { write: (line) => destination.write(scrub(line)) }
  const options = {
    level,
    base: undefined,
    timestamp: isoTimes(),
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    mixin: currentSpan,
  }
  return pino(options, scrubbed)
}

let gatheredOutput: DestinationStream | undefined

/** One for all loggers of a process: each has a listener for the exit, and keeps the order of the lines. */
const standardOutput = (): DestinationStream => (gatheredOutput ??= gathered(process.stdout))

/** Makes the field `time` in pino's form. All lines of one millisecond share one text. */
function isoTimes(): () => string {
  let last = { at: 0, text: '' }
  return () => {
    const at = Date.now()
    if (at !== last.at) last = { at, text: `,"time":"${new Date(at).toISOString()}"` }
    return last.text
  }
}

function currentSpan(): object {
  const span = trace.getActiveSpan()?.spanContext()
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

const SECRETS: ReadonlyArray<[RegExp, string]> = [
  // fields whose whole value is secret; it is a text or a list of texts
  [
    /"([\w-]*(?:authorization|cookie|password))":(?:"(?:[^"\\]|\\.)*"|\[(?:"(?:[^"\\]|\\.)*",?)*\])/gi,
    '"$1":"[redacted]"',
  ],
  // our access tokens and project keys, Stripe's keys and webhook secrets, quotes; no \b, because an escape (\n) may
  // come first
  [/(pkgt|pkgr|psk|sk_test|sk_live|rk_test|rk_live|whsec|quo)_[\w-]+/g, '$1_[redacted]'],
  // tokens of Git hosts, and JWTs
  [/(gh[oprsu]_|gl(?:oas|rt|pat)-|eyJ)[\w-]{16,}(?:\.[\w-]+){0,2}/g, '$1[redacted]'],
  [/(Bearer|Basic) [\w+/=.~-]{8,}/gi, '$1 [redacted]'],
  [/((?:\/|%2F)(?:o|link|pickup|share|invites)(?:\/|%2F))[\w-]{16,}/gi, '$1[redacted]'],
  [/(\w{1,32}:\/\/[^\s:/@"]*):[^\s/@"]+@/g, '$1:[redacted]@'],
  // the lookbehind does not split JSON escapes; the length bounds keep the time linear
  [
    /(?<!\\(?:u[\da-f]{0,3})?)[\p{L}\p{N}_.+%-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(\.[\p{L}\p{N}-]{1,63})+/gu,
    '[mail address]',
  ],
]

/** Matches every line that one of the patterns above could match. Most lines need only this one test. */
const MARKS =
  /(?:pkgt|pkgr|psk|sk_test|sk_live|rk_test|rk_live|whsec|quo|gh[oprsu])_|gl(?:oas|rt|pat)-|eyJ|@|%40|bearer |basic |\/o\/|\/link\/|\/pickup\/|\/share\/|\/invites\/|%2F|:\/\/|authorization|cookie|password/i

function scrub(line: string): string {
  if (!MARKS.test(line)) return line
  return SECRETS.reduce((text, [shape, instead]) => text.replaceAll(shape, instead), line)
}

/**
 * Collects lines and writes them together, 10 ms after the first one or at 16,384 characters, because one write per line
 * costs more than making the line. Writes the rest when the process exits. A signal that ends it at once, such as SIGKILL, loses them.
 */
function gathered(stream: DestinationStream): DestinationStream {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const lines = waiting
    waiting = ''
    if (lines) stream.write(lines)
  }
  process.on('exit', flush)
  return {
    write(line) {
      waiting += line
      if (waiting.length >= MAX_WAITING) flush()
      else timer ??= setTimeout(flush, GATHER_MS)
    },
  }
}
