// Runs beside npm run prove. When that process is gone, kills the engines that it left, and removes their folder.
import fs from 'node:fs'
import path from 'node:path'
import { isOurs } from '../../sandbox/engines/process.ts'

const [folder = ''] = process.argv.slice(2)
process.on('SIGINT', () => {}) // Ctrl-C reaches this process, too
process.on('SIGTERM', () => {})
process.on('disconnect', () => {
  for (const pid of engines()) if (isOurs(pid, folder)) process.kill(pid, 'SIGKILL')
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  process.exit(0)
})

function engines(): number[] {
  const texts = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    if (name.endsWith('postmaster.pid')) return [read(name).split('\n')[0] ?? '']
    return name === 'temporal.json' ? [String((JSON.parse(read(name)) as { pid: number }).pid)] : []
  })
  return texts.map(Number)
}

function read(name: string): string {
  return fs.readFileSync(path.join(folder, name), 'utf8')
}
