import { OutpostError } from '@outpost/core'
import type { ClientOrg, Draft, Row, WriteOptions } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'
import { dumpedTransaction } from './report.ts'
import type { Cell, RowName, Say } from './report.ts'

export interface Work {
  readonly org: ClientOrg
  readonly report: Say
  readonly draw: Draw
  /** Begins each value that is written, so that no two writes ever write the same. */
  readonly name: string
}

/** Writes, operates the outbox and syncs, as the draw has it, until the program is killed. */
export async function workForever(work: Work): Promise<never> {
  const desk = new Desk(work)
  for (;;) {
    await STEPS[work.draw.weighted(WEIGHTS)](desk)
    // A turn of the event loop, as a program has that waits for input.
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

/** The accounts that the master does not let anybody have twice. */
export const TAKEN = 'TAKEN'
/** A contact to which others may point begins with this, and is never deleted. */
const HELD = 'Held'

type StepName = keyof typeof WEIGHTS

const WEIGHTS = {
  createAccount: 3,
  createContact: 3,
  updateAccount: 5,
  updateContact: 4,
  deleteContact: 2,
  setState: 1,
  assign: 1,
  group: 2,
  circle: 1,
  associate: 2,
  disassociate: 1,
  stamp: 2,
  refused: 2,
  setPending: 1,
  setAllPending: 1,
  amend: 1,
  archive: 1,
  discard: 1,
  revert: 1,
  push: 2,
  sync: 2,
}

const STEPS: Readonly<Record<StepName, (desk: Desk) => Promise<void>>> = {
  createAccount: (desk) => desk.write((drafting) => void account(drafting)),
  createContact: async (desk) => {
    const of = await desk.some('account')
    await desk.write((drafting) => void contact(drafting, of))
  },
  updateAccount: async (desk) => {
    const id = await desk.some('account')
    const coalesce = desk.draw.chance(0.5)
    const column = desk.draw.pick(['telephone1', 'name'])
    await desk.write((drafting) => drafting.update('account', id, { [column]: drafting.value() }), { coalesce })
  },
  updateContact: async (desk) => {
    const [id, of] = [await desk.own(), await desk.some('account')]
    if (!id) return
    const moved = desk.draw.chance(0.5) ? parent(of) : {}
    await desk.write((drafting) => drafting.update('contact', id, { jobtitle: drafting.value() }, moved))
  },
  deleteContact: async (desk) => {
    const id = await desk.own()
    if (id) await desk.write((drafting) => drafting.delete('contact', id))
  },
  setState: async (desk) => {
    const id = await desk.own()
    if (id) await desk.write((drafting) => drafting.draft.setState('contact', id, desk.draw.pick([0, 1])))
  },
  assign: async (desk) => {
    const [id, owner] = [await desk.own(), await desk.owner()]
    if (id && owner) await desk.write((drafting) => drafting.draft.assign('contact', id, owner))
  },
  group: async (desk) => {
    const other = await desk.some('account')
    await desk.write((drafting) => {
      contact(drafting, account(drafting))
      drafting.update('account', other, { telephone1: drafting.value() })
    })
  },
  circle: (desk) =>
    desk.write((drafting) => {
      const one = account(drafting)
      const other = drafting.create('contact', { lastname: `${HELD} ${drafting.value()}` }, parent(one))
      drafting.draft.update('account', one, { primarycontactid: other })
    }),
  associate: (desk) => link(desk, 'associate'),
  disassociate: (desk) => link(desk, 'disassociate'),
  stamp: async (desk) => {
    const id = await desk.some('account')
    const text = `<${desk.newValue()}>`
    await desk.write((drafting) =>
      drafting.draft.action('new_Stamp', {
        on: { table: 'account', id },
        bound: true,
        parameters: { Text: text },
        happened: `contains(description,'${text}')`,
      }),
    )
  },
  refused: (desk) => desk.write((drafting) => void account(drafting, { accountnumber: TAKEN })),
  setPending: (desk) => desk.operate('set pending', ['error', 'archived'], (seq) => desk.org.outbox.setPending([seq])),
  setAllPending: (desk) => desk.operate('set all pending', ['error'], () => desk.org.outbox.setAllPending()),
  amend: (desk) =>
    desk.operate('amend', ['error'], async (seq) => {
      const created = (await desk.org.outbox.get(seq))?.changes.find(({ kind }) => kind === 'create')
      if (created) await desk.org.outbox.amend(seq, { accountnumber: undefined }, created)
    }),
  archive: (desk) => {
    const local = desk.draw.pick(['keep', 'revert'] as const)
    return desk.operate('archive', ['pending', 'error', 'processed'], (seq) =>
      desk.org.outbox.archive([seq], { dependents: 'archive', local }),
    )
  },
  discard: (desk) => desk.operate('discard', ['pending', 'error', 'archived'], (seq) => desk.org.outbox.discard([seq])),
  revert: (desk) =>
    desk.operate('revert', ['pending', 'error'], async (seq) => {
      const change = (await desk.org.outbox.get(seq))?.changes[0]
      if (change) await desk.org.outbox.revert(change)
    }),
  push: (desk) => desk.begin(() => desk.org.push()),
  sync: (desk) => desk.begin(() => desk.org.sync()),
}

function parent(of: string): Row {
  return { parentcustomerid: of, parentcustomerid$table: 'account' }
}

function account(drafting: Drafting, rest: Row = {}): string {
  return drafting.create('account', { name: drafting.value() }, rest)
}

function contact(drafting: Drafting, of: string): string {
  return drafting.create('contact', { lastname: drafting.value() }, parent(of))
}

async function link(desk: Desk, kind: 'associate' | 'disassociate'): Promise<void> {
  const ends = [
    { table: 'new_skill', id: await desk.some('new_skill') },
    { table: 'bookableresource', id: await desk.some('bookableresource') },
  ] as const
  await desk.write((drafting) => drafting.draft[kind]('new_Skill_BookableResource', ...ends))
}

/** A draft that takes down what is written into it. */
class Drafting {
  readonly draft: Draft
  readonly creates: RowName[] = []
  readonly deletes: RowName[] = []
  readonly cells: Cell[] = []
  readonly value: () => string

  constructor(draft: Draft, value: () => string) {
    this.draft = draft
    this.value = value
  }

  /** `told` are the values that no other write ever writes. */
  create(table: string, told: Readonly<Record<string, string>>, rest: Row = {}): string {
    const id = this.draft.create(table, { ...told, ...rest })
    this.creates.push({ table, id })
    this.#take(table, id, told)
    return id
  }

  update(table: string, id: string, told: Readonly<Record<string, string>>, rest: Row = {}): void {
    this.draft.update(table, id, { ...told, ...rest })
    this.#take(table, id, told)
  }

  delete(table: string, id: string): void {
    this.draft.delete(table, id)
    this.deletes.push({ table, id })
  }

  #take(table: string, id: string, told: Readonly<Record<string, string>>): void {
    for (const [column, value] of Object.entries(told)) this.cells.push({ table, id, column, value })
  }
}

/** Where the work is done, and from where each step of it is reported before the next. */
class Desk {
  readonly org: ClientOrg
  readonly draw: Draw
  readonly #report: Say
  readonly #name: string
  #values = 0
  #running: Promise<void> | null = null

  constructor({ org, draw, report, name }: Work) {
    this.org = org
    this.draw = draw
    this.#report = report
    this.#name = name
  }

  readonly newValue = (): string => {
    this.#values += 1
    return `v${this.#name}-${this.#values}`
  }

  async write(body: (drafting: Drafting) => void, options: WriteOptions = {}): Promise<void> {
    await this.#unlessRefused(async () => {
      const { seq } = await this.org.write(async (draft) => {
        const drafting = new Drafting(draft, this.newValue)
        body(drafting)
        const { creates, deletes, cells } = drafting
        await this.#report({ kind: 'writes', intent: { creates, deletes, cells } })
      }, options)
      await this.#report({ kind: 'acknowledged', seq })
    })
  }

  /** Does something with a transaction of one of these statuses, where there is one. */
  async operate(
    operation: string,
    statuses: readonly ('pending' | 'processed' | 'error' | 'archived')[],
    body: (seq: number) => Promise<unknown>,
  ): Promise<void> {
    const found = await this.org.outbox.list({ statuses })
    if (found.length === 0) return
    const chosen = this.draw.pick(found)
    const { seq } = chosen
    const [row] = operation === 'revert' ? chosen.changes : []
    const touching = row ? await this.org.outbox.list({ statuses: ['pending', 'error', 'archived'], row }) : [chosen]
    const named = operation === 'set all pending' ? found : touching
    const along = await this.org.outbox.dependents(named.map((each) => each.seq))
    const seqs = [...named, ...along].map((each) => each.seq)
    await this.#unlessRefused(async () => {
      const gone = operation === 'discard' ? [dumpedTransaction(chosen)] : []
      await this.#report({ kind: 'operates', operation, seqs, gone })
      await body(seq)
      await this.#report({ kind: 'operated' })
    })
  }

  /** Begins to speak to the master, unless that is going on: the work does not wait for it. */
  async begin(body: () => Promise<unknown>): Promise<void> {
    this.#running ??= body()
      .then(() => {})
      .catch((error: unknown) => {
        if (error instanceof OutpostError && OF_THE_NETWORK.has(error.code)) return
        return this.#report({ kind: 'failed', words: String(error) })
      })
      .finally(() => {
        this.#running = null
      })
    // As often as not it is the first thing that is waited for.
    if (this.draw.chance(0.5)) await this.#running
  }

  /** The id of a row, mostly one of a few, so that changes meet. */
  async some(table: string): Promise<string> {
    const rows = await this.org.table(table).query({ limit: this.draw.chance(0.6) ? 6 : 60 })
    return idOf(table, this.draw.pick(rows))
  }

  /** A contact that was made here and that no other row points to. */
  async own(): Promise<string | undefined> {
    const rows = await this.org.table('contact').query({ where: `startswith(lastname,'v')`, limit: 12 })
    return rows.length === 0 ? undefined : idOf('contact', this.draw.pick(rows))
  }

  /** Whoever owns a contact can be given another. */
  async owner(): Promise<{ readonly table: 'systemuser'; readonly id: string } | undefined> {
    const rows = await this.org.table('contact').query({ limit: 60 })
    const owners = rows.filter((row) => row['ownerid$table'] === 'systemuser')
    return owners.length === 0
      ? undefined
      : {
          table: 'systemuser',
          id: String(this.draw.pick(owners)['ownerid']),
        }
  }

  async #unlessRefused(body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      if (!(error instanceof OutpostError) || (error.code !== 'refused' && error.code !== 'invalid')) throw error
      await this.#report({ kind: 'refused', words: error.message })
    }
  }
}

function idOf(table: string, row: Row): string {
  return String(row[`${table}id`])
}

const OF_THE_NETWORK: ReadonlySet<string> = new Set(['offline', 'timeout', 'unavailable', 'throttled', 'protocol'])
