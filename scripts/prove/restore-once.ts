// one-off: a database restored to an earlier moment beside a bank that went on
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findDifferences } from '#domain/differences'
import { aPerson } from './buyers.ts'
import { callTool } from './assistant.ts'
import { startDeployment } from './deployment.ts'
import { inTheBrowser } from './person.ts'
import { aPurchase, buy, KINDS } from './purchases.ts'

const d = await startDeployment()
const part = (name: string) => d.parts.find((p) => p.name === name)!
const kind = (name: string) => KINDS.find((k) => k.name === name)!
const money = async () => {
  const all = await d.payments.statement()
  const charged = all.flatMap(({ charges }) => charges)
  const net = all.reduce(
    (n, p) =>
      n + p.charges.reduce((m, c) => m + c.amountMinor, 0) - p.refunds.reduce((m, c) => m + c.amountMinor, 0),
    0,
  )
  return {
    charges: charged.length,
    net,
    open: all.filter(({ status }) => status !== 'succeeded' && status !== 'canceled').length,
  }
}
try {
  const person = await aPerson(d)
  const names = ['one', 'several vendors', 'cart', 'one', 'pickup', 'one', 'several vendors']
  const lost = await Promise.all(names.map((n) => aPurchase(d, person, kind(n))))
  const kept = await Promise.all(['one', '3-D Secure'].map((n) => aPurchase(d, person, kind(n))))
  const waitingLost = await aPurchase(d, person, kind('3-D Secure'))
  const browser = inTheBrowser(d.publicUrl, person)
  const never = new AbortController().signal
  console.log('before the backup:', await buy(d, browser, kept[0]!, never))
  // waits at the moment of the backup
  let waiting = await callTool(d.publicUrl, kept[1]!.buyer, [kept[1]!.tool, kept[1]!.input])
  while (waiting.status === 'running')
    waiting = await callTool(d.publicUrl, kept[1]!.buyer, [
      'get_operation',
      { operation_id: waiting.operation_id, wait_ms: 2000 },
    ])
  console.log('waits at the backup:', waiting.operation_id, waiting.status)
  const pg = path.join(d.folder, 'postgres')
  const copy = path.join(d.folder, 'backup')
  await part('postgres').stop()
  execFileSync('cp', ['-a', pg, copy])
  await part('postgres').start()
  await sleep(2000)
  console.log('money at the backup', await money())
  const ended = await Promise.all(lost.map((p) => buy(d, browser, p, never)))
  console.log(
    'lost:',
    ended.map(({ how, operation }) => `${how} ${operation}`),
  )
  let w2 = await callTool(d.publicUrl, waitingLost.buyer, [waitingLost.tool, waitingLost.input])
  while (w2.status === 'running')
    w2 = await callTool(d.publicUrl, waitingLost.buyer, [
      'get_operation',
      { operation_id: w2.operation_id, wait_ms: 2000 },
    ])
  console.log('waits in the lost time:', w2.operation_id, w2.status)
  await browser.acts(waiting.next_action!.url!, 'approve')
  console.log('money before the restore', await money())
  console.log('--- restore')
  await part('api').stop()
  await part('worker').stop()
  await part('postgres').stop()
  fs.rmSync(pg, { recursive: true })
  execFileSync('cp', ['-a', copy, pg])
  await part('postgres').start()
  const env = { ...process.env, ...JSON.parse(fs.readFileSync(path.join(d.folder, 'env.json'), 'utf8')) }
  const cli = (...args: string[]) => {
    const r = spawnSync(process.execPath, ['scripts/reconcile.ts', ...args], { env, encoding: 'utf8' })
    console.log(`$ reconcile ${args.join(' ')} -> ${r.status}\n${r.stdout}${r.stderr}`)
    return r.stdout
  }
  const shown = cli('--dry-run')
  const mark = /--close (\w+)/.exec(shown)?.[1]
  if (process.argv[2] === 'first-keys') {
    await part('api').start()
    await part('worker').start()
    const again = await Promise.all(lost.map((p) => buy(d, browser, p, AbortSignal.timeout(60_000))))
    console.log('same keys before closing:', again)
    console.log('money', await money())
    cli('--dry-run')
  } else {
    if (mark) cli('--close', mark)
    cli()
    await part('api').start()
    await part('worker').start()
    console.log('money after closing', await money())
    const again = await Promise.all(lost.map((p) => buy(d, browser, p, AbortSignal.timeout(60_000))))
    console.log('same keys:', again)
    console.log('money', await money())
  }
  const { openRuns, close } = await d.runs()
  console.log(
    'left:',
    await findDifferences(d.db, { statedPayments: d.payments.statement, openRuns, at: new Date() }),
  )
  await close()
} finally {
  await d.stop()
}
