// Prints the fingerprints of some seeds, as a process that has done nothing else.
import { fingerprintOf } from './fingerprint.ts'

const [steps = 0, ...seeds] = process.argv.slice(2).map(Number)
for (const seed of seeds) process.stdout.write(`${await fingerprintOf(seed, steps)}\n`)
