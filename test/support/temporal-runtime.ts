import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'

// once per process, before the first worker; only errors are logged
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
})
