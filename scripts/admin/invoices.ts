import { LAST_SERIES, startInvoiceSeries } from '#domain/invoices'
import { inMarket, Refused } from '../market.ts'
import { type Command, nothing } from './command.ts'

export const INVOICES: readonly Command[] = [
  {
    usage: 'start-invoice-series --series NUMBER',
    does: 'begins new numbers of invoices, for good, so that none of the time lost by a restore is given out again (docs/recovery.md)',
    options: { series: 'needed' },
    run: (_, { series = '' }) =>
      inMarket(async (db) => {
        const wanted = /^\d{1,3}$/.test(series) ? Number(series) : 0
        if (wanted < 1 || wanted > LAST_SERIES)
          throw new Refused(`A series is a number from 1 to ${LAST_SERIES}.`)
        const { isStarted, current } = await startInvoiceSeries(db, { series: wanted, at: new Date() })
        if (!isStarted)
          return nothing(
            current < LAST_SERIES
              ? `The current series is ${current}: the next one is ${current + 1}.`
              : `The current series is ${current}, and there is no higher one.`,
          )
        console.log(`Invoices have numbers of series ${current} now, such as ${exampleOf(current)}.`)
        return true
      }),
  },
]

const exampleOf = (series: number): string => `${new Date().getUTCFullYear()}-${series}0000001`
