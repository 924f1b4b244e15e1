import http from 'node:http'
import { SETTINGS } from '../src/platform/config.ts'

/** What a shell says about the machine, the way out to the network, and programs that a person has chosen. */
const KNOWN = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|TMP|TEMP|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|CI)$/,
  /^(https?|all|no|no_grpc)_proxy$/i,
  /^(NODE_\w+|UV_THREADPOOL_SIZE|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|XDG_\w+|PIP_\w+|GO[A-Z0-9]+)$/,
  /^(PG_BIN_DIR|TEMPORAL_BIN|TEMPORAL_TEST_SERVER_BIN|CHROMIUM_BIN)$/,
  // the last one is of our tests: where a run has stored the rows of the demo market
  /^(DATA_DIR|DEV_WATCH|METRICS_PORT|OTEL_\w+|DEMO_MARKET)$/,
]
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/**
 * Removes from an environment all that our programs do not need. Settings for other programs would steer ours, as
 * PGSSLMODE does in pg, GIT_DIR in Git and TEMPORAL_TLS in Temporal. A sandbox is never production, whatever the shell
 * says.
 */
export function keepKnown(env: NodeJS.ProcessEnv): void {
  const isKnown = (name: string) => SETTINGS.includes(name) || KNOWN.some((pattern) => pattern.test(name))
  for (const name of Object.keys(env)) if (!isKnown(name)) delete env[name]
  env['NODE_ENV'] = 'development'
}

/** Lets no program of ours ask a proxy for an address of this machine. */
export function keepLoopbackDirect(env: NodeJS.ProcessEnv): void {
  const names = ['no_proxy', 'NO_PROXY', 'no_grpc_proxy'] as const
  const exempt = names.flatMap((name) => (env[name] ?? '').split(/[\s,]+/).filter(Boolean))
  const list = [...new Set([...LOOPBACK, ...exempt])].join(',')
  for (const name of names) env[name] = list
  // Node has read the former list when it started
  if (env['NODE_USE_ENV_PROXY'] === '1') http.setGlobalProxyFromEnv(env)
}
