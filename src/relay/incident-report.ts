import { metrics } from '@opentelemetry/api'
import { type IncidentKind, openIncidents } from '#domain/incidents'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const HOUR_MS = 60 * 60 * 1000

/**
 * Counts what needs an operator: as the metric `open_incidents` by kind when it is read, and hourly in the log while
 * anything is open.
 */
export function startIncidentReport({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  const gauge = metrics.getMeter('packagento').createObservableGauge('open_incidents')
  gauge.addCallback(async (result) => {
    for (const [kind, open] of await countByKind(db)) result.observe(open, { kind })
  })
  let reporting = report(db, log)
  const timer = setInterval(() => {
    reporting = report(db, log)
  }, HOUR_MS)
  return {
    async stop() {
      clearInterval(timer)
      await reporting
    },
  }
}

async function report(db: Db, log: Logger): Promise<void> {
  try {
    const open = await countByKind(db)
    if (open.size) log.error({ open: Object.fromEntries(open) }, 'something needs an operator')
  } catch (error) {
    log.warn({ error }, 'what needs an operator could not be counted')
  }
}

async function countByKind(db: Db): Promise<Map<IncidentKind, number>> {
  const byKind = Map.groupBy(await openIncidents(db), ({ kind }) => kind)
  return new Map([...byKind].map(([kind, incidents]) => [kind, incidents.length]))
}
