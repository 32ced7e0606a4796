import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { peakMemory } from '../run/peak-memory.ts'

const rows = Number(process.argv[2])
const before = process.cpuUsage()
const start = performance.now()
const emulator = createEmulator({ seed: fieldService({ rows }) })
const ms = performance.now() - start
const { user, system } = process.cpuUsage(before)
const peak = peakMemory()
const rss = process.memoryUsage().rss / 1e6
const count = emulator.schema
  .tables()
  .reduce((sum, { logicalName }) => sum + emulator.master.rows(logicalName).length, 0)
process.send?.({
  rows: count,
  measures: { 'load ms': ms, 'load CPU ms': (user + system) / 1000, 'RSS MB': rss, 'peak RSS MB': peak },
})
