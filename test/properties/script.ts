import { linkId, rowKey } from '@outpost/core'
import type { Draft, Row, WriteOptions } from '@outpost/core'
import type { Arena } from './arena.ts'
import { LONGEST_PHONE, STAMP, TAKEN_NUMBER, targetOf } from './model-master.ts'
import { LOOKUPS } from './model-tables.ts'
import type { Draw } from '@outpost/core/testing'

/*
 * Random writes, and a book of them kept apart from the engine: what each transaction changes, where it points to, what
 * the rows must look like in the end. What the engine thinks of dependencies is nowhere asked.
 */

interface Place {
  readonly table: string
  readonly id: string
}

/** What one transaction does to one row. */
export interface Deed {
  readonly table: string
  readonly id: string
  created: boolean
  updated: boolean
  deleted: boolean
  acted: boolean
  /** The ends, where it is a link that is made or removed. */
  readonly ends: readonly Place[]
  /** What it writes, all in all. */
  values: Record<string, Row[string]>
  /** Where the columns it changes pointed to before it. */
  before: Record<string, Row[string]>
}

/** One transaction, as the book has it. */
export interface Entry {
  readonly seq: number
  readonly deeds: Map<string, Deed>
  readonly after: Set<number>
}

interface BookRow {
  readonly table: string
  readonly id: string
  readonly values: Row
}

export type Kind = 'create' | 'update' | 'delete' | 'associate' | 'disassociate' | 'action' | 'group' | 'circle'

export interface ScriptOptions {
  /** How likely a value that the master will refuse is. */
  readonly poison: number
  readonly kinds: Readonly<Partial<Record<Kind, number>>>
  /** Whether rows may point to themselves, which Dataverse refuses where the lookup is a hierarchy. */
  readonly selves?: true
  /** How likely a write names transactions that it must wait for, and how likely it opts out of folding. */
  readonly after?: number
  readonly single?: number
}

export class Script {
  readonly #arena: Arena
  readonly #draw: Draw
  readonly #options: ScriptOptions
  /** Rows that the master has deleted, unknown to the device. */
  readonly gone = new Set<string>()
  readonly entries = new Map<number, Entry>()
  rows = new Map<string, BookRow>()
  links = new Map<string, readonly [Place, Place]>()
  #count = 0

  constructor(arena: Arena, draw: Draw, options: ScriptOptions) {
    this.#arena = arena
    this.#draw = draw
    this.#options = options
    for (const [table, ids] of Object.entries(arena.stock))
      for (const id of ids) this.rows.set(rowKey(table, id), { table, id, values: arena.masterRow(table, id) ?? {} })
  }

  /** One random write; gives back the seq that carries it, null where there was nothing to do. */
  async write(): Promise<number | null> {
    const [rows, links] = [new Map(this.rows), new Map(this.links)]
    const deeds: Deed[] = []
    const options = this.#waiting()
    const wanted = this.#draw.weighted(this.#options.kinds)
    const write = this.#arena.org.write((draft) => {
      for (const act of this.#acts(wanted)) deeds.push(...act(draft))
    }, options)
    const { seq } = await write.catch((error: unknown) => {
      ;[this.rows, this.links] = [rows, links]
      throw error
    })
    if (seq === null) {
      ;[this.rows, this.links] = [rows, links]
      return null
    }
    this.#enter(seq, deeds, options.after ?? [])
    await this.#dropCancelled()
    return seq
  }

  #waiting(): WriteOptions {
    const seqs = [...this.entries.keys()]
    return {
      ...(seqs.length > 0 && this.#draw.chance(this.#options.after ?? 0) ? { after: [this.#draw.pick(seqs)] } : {}),
      ...(this.#draw.chance(this.#options.single ?? 0) ? { coalesce: false } : {}),
    }
  }

  #acts(kind: Kind): readonly ((draft: Draft) => readonly Deed[])[] {
    const { kinds } = this.#options
    const simple = { create: 4, update: 4, delete: kinds.delete ?? 0, associate: kinds.associate ?? 0 }
    switch (kind) {
      case 'group':
        return Array.from({ length: 2 + this.#draw.below(2) }, () => this.#act(this.#draw.weighted(simple)))
      case 'circle':
        return [(draft) => this.#circle(draft)]
      default:
        return [this.#act(kind)]
    }
  }

  #act(kind: Exclude<Kind, 'group' | 'circle'>): (draft: Draft) => readonly Deed[] {
    return (draft) => {
      switch (kind) {
        case 'create':
          return [this.#create(draft, this.#draw.chance(0.5) ? 'account' : 'contact')]
        case 'update':
          return this.#update(draft)
        case 'delete':
          return this.#delete(draft)
        case 'action':
          return this.#stamp(draft)
        case 'associate':
        case 'disassociate':
          return this.#link(draft, kind)
      }
    }
  }

  #create(draft: Draft, table: 'account' | 'contact', given: Row = this.#lookups(table)): Deed {
    const values = { ...this.#texts(table, true), ...given }
    const id = draft.create(table, values)
    this.rows.set(rowKey(table, id), { table, id, values })
    return { ...deedOn(table, id), created: true, values }
  }

  #circle(draft: Draft): readonly Deed[] {
    if (this.#options.selves && this.#draw.chance(0.3)) {
      const own = this.#create(draft, 'contact', {})
      return [own, this.#change(draft, own, { parentcustomerid: own.id, parentcustomerid$table: 'contact' })]
    }
    const account = this.#create(draft, 'account', {})
    const contact = this.#create(draft, 'contact', { parentcustomerid: account.id, parentcustomerid$table: 'account' })
    return [account, contact, this.#change(draft, account, { primarycontactid: contact.id })]
  }

  #update(draft: Draft): readonly Deed[] {
    const row = this.#any(['account', 'contact'])
    if (!row) return []
    const table = row.table === 'account' ? 'account' : 'contact'
    const drawn = this.#draw.chance(0.3) ? this.#lookups(table) : {}
    const lookups = Object.values(drawn).includes(row.id) || this.#isBelow(drawn, row.id) ? {} : drawn
    return [this.#change(draft, row, { ...this.#texts(table, false), ...lookups })]
  }

  #change(draft: Draft, { table, id }: Place, values: Row): Deed {
    draft.update(table, id, values)
    const key = rowKey(table, id)
    const old = this.rows.get(key)?.values ?? {}
    this.rows.set(key, { table, id, values: { ...old, ...values } })
    const changed = Object.entries(values).filter(([name, value]) => (old[name] ?? null) !== value)
    const before = Object.fromEntries(changed.map(([name]) => [name, old[name] ?? null]))
    const tables = Object.fromEntries(Object.entries(values).filter(([name]) => name.endsWith('$table')))
    return { ...deedOn(table, id), updated: true, values: { ...Object.fromEntries(changed), ...tables }, before }
  }

  #delete(draft: Draft): readonly Deed[] {
    const row = this.#any(['account', 'contact'], ({ id }) => !this.#isNeeded(id))
    if (!row) return []
    draft.delete(row.table, row.id)
    this.rows.delete(rowKey(row.table, row.id))
    return [{ ...deedOn(row.table, row.id), deleted: true, before: { ...row.values } }]
  }

  #stamp(draft: Draft): readonly Deed[] {
    const row = this.#any(['account'])
    if (!row) return []
    const text = `<${++this.#count}>`
    const description = `${row.values['description'] ?? ''}${text}`
    draft.action(STAMP, {
      on: { table: 'account', id: row.id },
      bound: true,
      parameters: { Text: text },
      happened: `contains(description,'${text}')`,
      effect: { description },
    })
    this.rows.set(rowKey(row.table, row.id), { ...row, values: { ...row.values, description } })
    return [{ ...deedOn(row.table, row.id), acted: true }]
  }

  #link(draft: Draft, kind: 'associate' | 'disassociate'): readonly Deed[] {
    const [skill, resource] = [this.#any(['new_skill']), this.#any(['bookableresource'])]
    if (!skill || !resource) return []
    const [one, other] = [end(skill), end(resource)]
    const key = rowKey('new_skill_bookableresource', linkId(one.id, other.id))
    if (this.links.has(key) === (kind === 'associate')) return []
    draft[kind]('new_Skill_BookableResource', one, other)
    if (kind === 'associate') this.links.set(key, [one, other])
    else this.links.delete(key)
    const deed = deedOn('new_skill_bookableresource', linkId(one.id, other.id))
    return [{ ...deed, ends: [one, other], updated: true }]
  }

  #any(tables: readonly string[], suits: (row: BookRow) => boolean = () => true): BookRow | undefined {
    const found = [...this.rows.values()].filter((row) => tables.includes(row.table) && suits(row))
    return found.length > 0 ? this.#draw.pick(found) : undefined
  }

  /** Dataverse refuses a row that would be its own ancestor. */
  #isBelow(values: Row, id: string): boolean {
    const parent = values['parentaccountid'] ?? values['parentcustomerid']
    if (typeof parent !== 'string') return false
    const above = this.rows.get(rowKey('account', parent)) ?? this.rows.get(rowKey('contact', parent))
    const isTop = above === undefined || above.values['parentcustomerid'] === parent
    return parent === id || (!isTop && this.#isBelow(above.values, id))
  }

  #isNeeded(id: string): boolean {
    return [...this.rows.values()].some((row) => (LOOKUPS[row.table] ?? []).some((name) => row.values[name] === id))
  }

  #texts(table: 'account' | 'contact', whole: boolean): Row {
    const text = `${++this.#count}`
    if (this.#draw.chance(this.#options.poison)) {
      const name = table === 'account' ? 'name' : 'lastname'
      const poisons: readonly Row[] = [
        { [name]: `REFUSED ${text}` },
        { [name]: `FORBIDDEN ${text}` },
        ...(table === 'account'
          ? [{ accountnumber: TAKEN_NUMBER }, { telephone1: `too long ${text}`.padEnd(30, '.') }]
          : []),
      ]
      return { ...(whole ? { [name]: text } : {}), ...this.#draw.pick(poisons) }
    }
    if (table === 'contact') return { lastname: text }
    const number = this.#draw.chance(0.3) ? { accountnumber: `N-${text}` } : {}
    return whole || this.#draw.chance(0.5) ? { name: text, ...number } : { telephone1: text, ...number }
  }

  #lookups(table: 'account' | 'contact'): Row {
    if (table === 'contact') {
      const to = this.#draw.chance(0.6) ? this.#any(['account', 'account', 'contact']) : undefined
      return to ? { parentcustomerid: to.id, parentcustomerid$table: to.table } : {}
    }
    const [parent, primary] = [this.#any(['account']), this.#any(['contact'])]
    return {
      ...(parent && this.#draw.chance(0.4) ? { parentaccountid: parent.id } : {}),
      ...(primary && this.#draw.chance(0.3) ? { primarycontactid: primary.id } : {}),
    }
  }

  #enter(seq: number, deeds: readonly Deed[], after: readonly number[]): void {
    const entry = this.entries.get(seq) ?? { seq, deeds: new Map<string, Deed>(), after: new Set<number>() }
    this.entries.set(seq, entry)
    for (const other of after) entry.after.add(other)
    for (const deed of deeds) {
      // A value that is there already is not written.
      if (deed.updated && Object.keys(deed.values).length + deed.ends.length === 0) continue
      const key = rowKey(deed.table, deed.id)
      const old = entry.deeds.get(key)
      entry.deeds.set(key, old ? together(old, deed) : deed)
    }
  }

  /** What was undone before it was sent is archived; such a transaction has nothing more to do. */
  async #dropCancelled(): Promise<void> {
    for (const { seq, history } of await this.#arena.org.outbox.list({ statuses: ['archived'] }))
      if (history.at(-1)?.event === 'cancelled') this.entries.delete(seq)
  }
}

function deedOn(table: string, id: string): Deed {
  return { table, id, created: false, updated: false, deleted: false, acted: false, ends: [], values: {}, before: {} }
}

function end({ table, id }: Place): Place {
  return { table, id }
}

function together(old: Deed, next: Deed): Deed {
  const created = old.created || next.created
  const before = created ? {} : { ...next.before, ...old.before }
  const values = next.deleted ? {} : { ...old.values, ...next.values }
  for (const name of created ? [] : Object.keys(values)) {
    // What is again what it was is no longer written.
    if (name.endsWith('$table') || (values[name] ?? null) !== (before[name] ?? null)) continue
    for (const each of [name, `${name}$table`]) {
      delete values[each]
      delete before[each]
    }
  }
  const updated = old.updated || next.updated
  return { ...next, created, updated, deleted: next.deleted, acted: old.acted || next.acted, values, before }
}

/** Where the lookups among the values point to. */
export function targetsOf(table: string, values: Row): readonly string[] {
  return (LOOKUPS[table] ?? []).flatMap((name) => {
    const id = values[name]
    return typeof id === 'string' ? [rowKey(String(values[`${name}$table`] ?? targetOf(table, name)), id)] : []
  })
}

/** Whether the master will refuse these values of a row. */
export function isPoison(values: Row): boolean {
  return Object.entries(values).some(
    ([name, value]) =>
      (typeof value === 'string' && /REFUSED|FORBIDDEN/.test(value)) ||
      (name === 'accountnumber' && value === TAKEN_NUMBER) ||
      (name === 'telephone1' && String(value ?? '').length > LONGEST_PHONE),
  )
}
