import { startInvoiceSeries } from '#domain/invoices'
import { inMarket, Refused } from '../market.ts'
import { type Command, nothing } from './command.ts'

/** The database has room for so many. */
const MOST = 213

export const INVOICES: readonly Command[] = [
  {
    usage: 'start-invoice-series [--series NUMBER]',
    does: 'begins new numbers of invoices, so that none of the time lost by a restore is given out again (docs/recovery.md)',
    options: { series: 'optional' },
    run: (_, { series }) =>
      inMarket(async (db) => {
        if (series !== undefined && !(/^\d{1,3}$/.test(series) && Number(series) <= MOST))
          throw new Refused(`A series is a number up to ${MOST}.`)
        const wanted = series === undefined ? undefined : Number(series)
        const started = await startInvoiceSeries(db, { series: wanted, at: new Date() })
        if (started === undefined) return nothing('The current series is as high or higher.')
        console.log(`Invoices have numbers of series ${started} now, such as ${exampleOf(started)}.`)
        return true
      }),
  },
]

const exampleOf = (series: number): string => `${new Date().getUTCFullYear()}-${series}0000001`
