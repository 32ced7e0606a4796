import { OutpostError } from '@outpost/core'
import type { SyncReport } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'
import type { Break, Site } from './ground.ts'

const BREAKS: readonly Break[] = ['request', 'answer', 'cut', 'refused', 'portal']

/** Something a technician writes; what the device refuses at once is no failure. */
export async function deviceWrites(draw: Draw, site: Site, tables: readonly string[]): Promise<string> {
  const { org } = site
  const table = draw.pick(tables)
  const ids = [...(await site.held(table)).keys()]
  const name = `Local ${draw.below(1000)}`
  const kind = draw.weighted({ create: 3, update: 6, delete: 2 })
  const values: Record<string, Record<string, string | number | boolean | null>> = {
    account: draw.pick([
      { name },
      { telephone1: name },
      { numberofemployees: draw.below(1000) },
      { creditonhold: true },
    ]),
    contact: draw.pick([{ lastname: name }, { firstname: name }]),
    new_equipment: draw.pick([{ new_name: name }, { new_purchaseprice: draw.below(40_000) }]),
    new_reading: draw.pick([{ new_name: name }, { new_value: draw.below(40_000) / 8 }]),
    annotation: draw.pick([{ subject: name }, { notetext: name }]),
    bookableresourcebooking: { name },
    new_skill: { new_name: name },
    bookableresource: { name },
  }
  const required: Record<string, Record<string, string>> = { account: { name }, contact: { lastname: name } }
  const written = await outcomeOf(
    org.write((draft) => {
      if (table === 'new_skill_bookableresource') {
        const [one, other] = ids.length > 0 ? draw.pick(ids).split(':') : []
        if (one !== undefined && other !== undefined)
          draft.disassociate(
            'new_Skill_BookableResource',
            { table: 'new_skill', id: one },
            { table: 'bookableresource', id: other },
          )
      } else if (kind === 'create') draft.create(table, { ...required[table], ...values[table] })
      else if (ids.length === 0) return
      else if (kind === 'update') draft.update(table, draw.pick(ids), values[table] ?? {})
      else draft.delete(table, draw.pick(ids))
    }),
  )
  return `write ${kind} ${table}: ${written instanceof OutpostError ? written.code : 'done'}`
}

/** A sync, or half of one: requests and answers get lost, the caller gives up, the power fails. */
export async function deviceSyncs(draw: Draw, site: Site): Promise<string> {
  const { line } = site
  line.breaks.clear()
  line.before = undefined
  const giveUp = new AbortController()
  let end = 'whole'
  const kind = draw.weighted({ whole: 4, lost: 3, aborted: 1, power: 2 })
  const at = line.sent + draw.below(14)
  if (kind === 'lost') line.breaks.set(at, draw.pick(BREAKS))
  if (kind === 'aborted') {
    line.before = () => {
      if (line.sent > at) giveUp.abort()
    }
  }
  if (kind === 'power') site.losesPower({ commit: 1 + draw.below(9), when: draw.pick(['before', 'after']) })
  const synced = await outcomeOf(site.org.sync({ signal: giveUp.signal }))
  if (synced instanceof OutpostError) end = synced.code
  line.breaks.clear()
  line.before = undefined
  if (kind === 'power') await site.restarts()
  else site.org.reconnect()
  return `sync, ${kind}: ${end}`
}

/** Syncs with nothing in the way, and tells what is wrong in the report. */
export async function syncsWhole(site: Site): Promise<readonly string[]> {
  site.org.reconnect()
  return problemsIn(await site.org.sync())
}

function problemsIn({ tables }: SyncReport): readonly string[] {
  return [
    ...Object.entries(tables).flatMap(([name, { error }]) =>
      error ? [`${name}: ${error.code} ${error.message}`] : [],
    ),
  ]
}

/** What it resolves with, or the error of ours that it rejects with. Any other is a failure. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<T | OutpostError> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof OutpostError) return error
    throw error
  }
}
