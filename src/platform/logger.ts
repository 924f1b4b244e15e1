import { trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

export interface LoggerOptions {
  level: string
  /** Default: standard output. */
  destination?: DestinationStream
}

/**
 * JSON lines whose message reads alone. Every line is scrubbed as a whole before it leaves, so that no field, message
 * or stack at any depth carries a token, key, mail address or one-time URL.
 */
export function openLogger({ level, destination = process.stdout }: LoggerOptions): Logger {
  const scrubbed: DestinationStream = { write: (line) => destination.write(scrub(line)) }
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['*.authorization', '*.cookie', '*.password'], censor: '[redacted]' },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    mixin: currentSpan,
  }
  return pino(options, scrubbed)
}

function currentSpan(): object {
  const span = trace.getActiveSpan()?.spanContext()
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {}
}

const SECRETS: ReadonlyArray<[RegExp, string]> = [
  // our access tokens and project keys, Stripe's keys and webhook secrets, quotes
  [/\b(pkgt|psk|sk_test|sk_live|rk_test|rk_live|whsec|quo)_[\w-]+/g, '$1_[redacted]'],
  [/\b(Bearer|Basic) [\w+/=.~-]{8,}/gi, '$1 [redacted]'],
  [/(\/o\/)[\w-]{16,}/g, '$1[redacted]'],
  [/(\w+:\/\/[^\s:/@"]*):[^\s/@"]+@/g, '$1:[redacted]@'],
  [/[\w.+%-]+@[\w-]+(\.[\w-]+)+/g, '[mail address]'],
]

/** One pass for each shape of secret; a line without any of their marks costs one look. */
function scrub(line: string): string {
  if (!/_|@|Bearer|Basic|\/o\//i.test(line)) return line
  return SECRETS.reduce((text, [shape, instead]) => text.replaceAll(shape, instead), line)
}
