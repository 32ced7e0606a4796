import { simulateCommand } from './command.ts'

process.exitCode = await simulateCommand(process.argv.slice(2), { usage: 'outpost-simulate' })
