import { createEmulator, fieldService } from '@outpost/dataverse-emulator'

const rows = Number(process.argv[2])
const before = process.cpuUsage()
const start = performance.now()
const emulator = createEmulator({ seed: fieldService({ rows }) })
const ms = performance.now() - start
const { user, system } = process.cpuUsage(before)
const peak = (process.resourceUsage().maxRSS * 1024) / 1e6
const rss = process.memoryUsage().rss / 1e6
const count = emulator.schema
  .tables()
  .reduce((sum, { logicalName }) => sum + emulator.master.rows(logicalName).length, 0)
process.send?.({
  rows: count,
  measures: { 'load ms': ms, 'load CPU ms': (user + system) / 1000, 'RSS MB': rss, 'peak RSS MB': peak },
})
