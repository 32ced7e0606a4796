import { drawFrom } from '@outpost/core/testing'
import { groundOf } from './ground.ts'
import type { Ground } from './ground.ts'
import { differences } from './ledger.ts'
import type { Dump, LifeOptions, Report } from './report.ts'

/** A process that lives on the device. */
export interface Process {
  /** Kills it as the system would: without a word, with everything that belongs to it. */
  kill(): void
  /** Resolves when nothing of it is left: true where it was killed. */
  readonly ended: Promise<boolean>
}

/** Starts a process, which tells `hear` what it has to say. */
export type Start = (options: LifeOptions, hear: (report: Report) => void) => Process

export interface Outcome {
  /** What should not be, each with the life that found it. */
  readonly problems: readonly string[]
  readonly kills: number
  readonly acknowledged: number
  readonly drains: number
  /** How often each event is in the histories at the end. */
  readonly events: Readonly<Record<string, number>>
}

interface Run {
  readonly start: Start
  readonly ground: Ground
  readonly problems: string[]
  killed: number
  drained: number
  last: Dump | null
}

/** When a process is killed: so long after so many reports. */
interface Moment {
  readonly reports: number
  readonly delayMs: number
}

/**
 * Lets one life after another work on the same device, each killed at a moment that the seed decides. Every third one has to
 * bring everything to an end before it goes on. What each finds is held against the book and the ledger.
 */
export async function liveAndDie(
  start: Start,
  { seed, kills, place }: { readonly seed: number; readonly kills: number; readonly place: string },
): Promise<Outcome> {
  const ground = await groundOf(seed)
  const { url, token, book } = ground
  const draw = drawFrom(seed)
  const run: Run = { start, ground, problems: [], killed: 0, drained: 0, last: null }
  try {
    for (let life = 0; life <= kills + 1 && run.problems.length === 0; life += 1) {
      // The first one only makes the device, the last one only brings it to an end.
      const works = life > 0 && life <= kills
      const drains = life % 3 === 0 || !works
      // Now and then it dies before it has done anything new, in the middle of what the one before had left.
      const reports = draw.chance(0.2) ? 1 : 10 + draw.below(60)
      const moment = works ? { reports, delayMs: draw.below(40) } : null
      await liveOnce(run, { place, url, token, seed, life, drains, works }, moment)
    }
  } finally {
    await ground.close()
  }
  const events: Record<string, number> = {}
  for (const event of (run.last?.transactions ?? []).flatMap((transaction) => transaction.events))
    events[event] = (events[event] ?? 0) + 1
  const { problems, killed, drained } = run
  return { problems, kills: killed, acknowledged: book.acknowledged, drains: drained, events }
}

/** One life, to its end; killed at the moment where there is one. */
async function liveOnce(run: Run, options: LifeOptions, moment: Moment | null): Promise<void> {
  const { ground, problems } = run
  const say = (words: readonly string[]): void => {
    const where = `life ${options.life}${moment ? `, killed ${moment.delayMs} ms after report ${moment.reports}` : ''}`
    problems.push(...words.map((each) => `${where}: ${each}`))
  }
  ground.weather(options.drains ? 'calm' : 'storm')
  let heard = 0
  const life = run.start(options, (report) => {
    ground.book.hear(report)
    if (report.kind === 'operates') ground.ledger.discards(report.gone)
    heard += 1
    if (report.kind === 'failed') say([report.words])
    if (report.kind === 'opened' || report.kind === 'drained') say(ground.book.missingFrom(report.dump))
    if (report.kind === 'drained') {
      say(ground.ledger.notOnce(report.dump))
      say(differences(ground.emulator, report.dump))
      run.drained += 1
      run.last = report.dump
      ground.weather('storm')
    }
    if (report.kind === 'failed' || problems.length > 0) life.kill()
    else if (heard === moment?.reports) setTimeout(() => life.kill(), moment.delayMs)
  })
  const wasKilled = await life.ended
  ground.book.died()
  if (wasKilled) run.killed += 1
  if (wasKilled !== (moment !== null) && problems.length === 0)
    say([wasKilled ? 'it was killed by somebody else' : 'it ended before it was killed'])
}
