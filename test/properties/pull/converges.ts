import type { Draw } from '@outpost/core/testing'
import { deviceSyncs, deviceWrites, outcomeOf, syncsWhole } from './device-steps.ts'
import { differences, Doubts } from './differences.ts'
import { openSite } from './ground.ts'
import type { Site } from './ground.ts'
import { drawAnother, drawKeeping } from './kept.ts'
import { masterStep } from './master-steps.ts'

const DAY_MS = 86_400_000

/** One run: something of everything, then quiet, then a comparison. Fails with the story of the run. */
export async function converges(draw: Draw, withSchema: boolean): Promise<void> {
  let keeping = drawKeeping(draw)
  const site = await openSite(draw.seed, keeping.configuration, draw.pick([3, 7, 50]))
  const told: string[] = [JSON.stringify(keeping.configuration)]
  const doubts = new Doubts(site, keeping)
  try {
    for (let steps = 8 + draw.below(25); steps > 0; steps -= 1) {
      const tables = Object.keys(keeping.scopes)
      site.passes(draw.below(40) * 1000)
      const kind = draw.weighted({ master: 12, sync: 5, write: 3, configure: 1, deviceClock: 1 })
      if (kind === 'master') told.push(masterStep(draw, site, tables, withSchema))
      else if (kind === 'sync') told.push(await deviceSyncs(draw, site))
      else if (kind === 'write') told.push(await deviceWrites(draw, site, tables))
      else if (kind === 'configure') {
        const next = drawAnother(draw, keeping)
        const done = await outcomeOf(site.org.configure(next.configuration))
        told.push(
          `configure ${JSON.stringify(next.configuration.tables)}: ${done instanceof Error ? done.message : 'done'}`,
        )
        if (!(done instanceof Error)) keeping = next
      } else {
        const days = draw.below(60) - 30
        site.clock.setClock(site.clock.now() + days * DAY_MS)
        told.push(`the device's clock is set by ${days} days`)
      }
      doubts.look(keeping, told.at(-1) ?? '')
    }
    await becomesQuiet(site, told)
    doubts.look(keeping, 'quiet')
    const found = await differences(site, keeping, doubts)
    for (const table of new Set(found.map((line) => line.split(' ')[0] ?? '')))
      told.push(JSON.stringify(await site.org.explainPull(table)))
    holds(found, told)
  } finally {
    await site.close()
  }
}

/** Nothing is lost any more, everything is committed, and what the master refused is put away. */
async function becomesQuiet(site: Site, told: string[]): Promise<void> {
  const { emulator, line } = site
  emulator.mutateBetweenPages(undefined)
  emulator.settle()
  line.breaks.clear()
  site.passes(15 * 60_000)
  await site.clock.advance(3_600_000)
  told.push('quiet', ...(await syncsWhole(site)))
  for (let round = 0; round < 20; round += 1) {
    const failed = await site.org.outbox.list()
    if (failed.length === 0) break
    told.push(...failed.map(({ seq, lastError }) => `archive #${seq}: ${lastError?.rejection ?? lastError?.code}`))
    await site.org.outbox.archive(
      failed.map(({ seq }) => seq),
      { dependents: 'archive' },
    )
    told.push(...(await syncsWhole(site)))
  }
  const problems = [...(await syncsWhole(site)), ...(await syncsWhole(site))]
  const { pending, error } = await site.org.outbox.counts()
  if (pending + error > 0) problems.push(`${pending} transactions are pending, ${error} in error`)
  holds(problems, told)
}

function holds(problems: readonly string[], told: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\nWhat had happened:\n${told.join('\n')}`)
}
