// The laptop: a program of its own that holds the client org. The story starts it, tells it over IPC what to do, kills it
// and starts it again.
import { ClientOrg, OutpostError } from '@outpost/core'
import type { Configuration, OutpostEvent, OrgStatus, SyncReport, TransactionStatus } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'

/** What the story can tell the laptop, and what it answers. Everything travels as JSON. */
export interface DeviceActions {
  connect(): Promise<{ readonly organizationId: string; readonly userId: string; readonly tables: number }>
  configure(configuration: Configuration): Promise<void>
  sync(): Promise<SyncReport>
  status(): Promise<OrgStatus>
  /** Makes the offline writes of the story. */
  work(plan: WorkPlan): Promise<readonly Written[]>
  rows(table: string, where: string): Promise<readonly Record<string, unknown>[]>
  /** From now on the number of matching rows is sent whenever it changes. */
  watch(table: string, where: string): Promise<void>
  transactions(statuses: readonly TransactionStatus[]): Promise<readonly Listed[]>
  amend(seq: number, values: Record<string, string>): Promise<void>
  /** Says that the network is there again, and waits until the outbox has been delivered as far as possible. */
  backOnline(): Promise<void>
}

export interface WorkPlan {
  readonly technician: string
  /** An account number that another account has, one that this laptop does not keep. */
  readonly takenNumber: string
}

export interface Written {
  readonly what: string
  readonly seq: number
}

export interface Listed {
  readonly seq: number
  readonly status: TransactionStatus
  /** The transaction that must be delivered before this one. */
  readonly waitsFor: number | null
  readonly code?: string
  readonly rejection?: string
  readonly message?: string
  readonly remedy?: string
}

export type DeviceMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly call: number; readonly code: string; readonly message: string }
  | { readonly type: 'event'; readonly event: OutpostEvent }
  | { readonly type: 'live'; readonly rows: number }

export interface DeviceCall {
  readonly call: number
  readonly name: keyof DeviceActions
  readonly args: readonly never[]
}

const [path = '', url = ''] = process.argv.slice(2)
const token = process.env['OUTPOST_TOKEN'] ?? ''
const tell = (message: DeviceMessage): unknown => process.send?.(message)

const store = await openSqliteStore({ path })
const org = await ClientOrg.open({
  store,
  master: dataverseMaster({ url, token: staticToken(token) }),
  // Small pages, so that there is progress to see.
  pageSize: 500,
})
org.subscribe((event) => tell({ type: 'event', event }))

const actions: DeviceActions = {
  async connect() {
    const { organizationId, userId } = await org.connect()
    return { organizationId, userId, tables: (await org.masterTables()).length }
  },
  configure: (configuration) => org.configure(configuration),
  sync: () => org.sync(),
  status: () => org.status(),
  work,
  rows: (table, where) => org.table(table).query({ where }),
  async watch(table, where) {
    org.table(table).watch({ where }, (rows) => tell({ type: 'live', rows: rows.length }))
  },
  async transactions(statuses) {
    const listed = await org.outbox.list({ statuses })
    return listed.map(({ seq, status, reason, lastError }) => ({
      seq,
      status,
      waitsFor: reason?.kind === 'blocked' ? reason.by : null,
      ...(lastError
        ? {
            code: lastError.code,
            message: lastError.message,
            remedy: lastError.remedy,
            ...(lastError.rejection ? { rejection: lastError.rejection } : {}),
          }
        : {}),
    }))
  },
  amend: (seq, values) => org.outbox.amend(seq, values),
  async backOnline() {
    org.reconnect()
    await org.idle()
  },
}

async function work({ technician, takenNumber }: WorkPlan): Promise<readonly Written[]> {
  const written: Written[] = []
  const note = (what: string, { seq }: { readonly seq: number | null }): void => {
    if (seq !== null) written.push({ what, seq })
  }
  const owner = { ownerid: technician, ownerid$table: 'systemuser' }
  const [first, second] = await org.table('msdyn_workorder').query({ orderBy: ['msdyn_name'], limit: 2 })
  const [account] = await org.table('account').query({ where: 'accountnumber ne null', orderBy: ['name'], limit: 1 })
  const [task] = await org.table('task').query({ orderBy: ['subject'], limit: 1 })
  const [skill] = await org.table('new_skill').query({ where: "new_name eq 'Welding'" })
  const [resource] = await org.table('bookableresource').query({ where: `userid eq ${technician}` })

  let customer = ''
  note(
    'create an account',
    await org.write((draft) => {
      customer = draft.create('account', { name: 'Nordlys Køl ApS', accountnumber: 'N-000001', ...owner })
    }),
  )
  note(
    'create its contact',
    await org.write((draft) => {
      const parent = { parentcustomerid: customer, parentcustomerid$table: 'account' }
      draft.create('contact', { firstname: 'Signe', lastname: 'Lund', ...parent, ...owner })
    }),
  )
  note(
    'create a work order and its tasks',
    await org.write((draft) => {
      const order = draft.create('msdyn_workorder', {
        msdyn_name: 'N-1',
        msdyn_workordersummary: 'Cold store does not hold -18 °C',
        msdyn_city: 'Nordby',
        msdyn_serviceaccount: customer,
        ...owner,
      })
      for (const [at, name] of ['Measure', 'Refill coolant'].entries()) {
        const values = { msdyn_name: name, msdyn_lineorder: at + 1, msdyn_workorder: order, ...owner }
        draft.create('msdyn_workorderservicetask', values)
      }
    }),
  )
  note(
    'update a work order',
    await org.write((draft) =>
      draft.update('msdyn_workorder', idOf(first, 'msdyn_workorderid'), {
        msdyn_city: 'Nordby',
        new_traveldistance: 12.345,
      }),
    ),
  )
  note(
    'update another work order',
    await org.write((draft) =>
      draft.update('msdyn_workorder', idOf(second, 'msdyn_workorderid'), {
        msdyn_workordersummary: 'Bring the long ladder',
      }),
    ),
  )
  note('delete a task', await org.write((draft) => draft.delete('task', idOf(task, 'activityid'))))
  note(
    'link a technician to a skill',
    await org.write((draft) =>
      draft.associate(
        'new_Skill_BookableResource',
        { table: 'new_skill', id: idOf(skill, 'new_skillid') },
        { table: 'bookableresource', id: idOf(resource, 'bookableresourceid') },
      ),
    ),
  )
  note(
    'give an account a number',
    await org.write((draft) => draft.update('account', idOf(account, 'accountid'), { accountnumber: takenNumber })),
  )
  return written
}

function idOf(row: Readonly<Record<string, unknown>> | undefined, column: string): string {
  const id = row?.[column]
  if (typeof id !== 'string') throw new OutpostError('invalid', `the laptop holds no row with a ${column}`)
  return id
}

process.on('message', (message) => {
  const { call, name, args } = message as DeviceCall
  const act = actions[name] as (...given: readonly never[]) => Promise<unknown>
  act(...args).then(
    (value) => tell({ type: 'answer', call, value }),
    (error: unknown) => {
      const { code, message: text } = OutpostError.from(error, 'refused')
      tell({ type: 'failure', call, code, message: text })
    },
  )
})
// Without the story there is nothing left to do.
process.on('disconnect', () => process.exit())
tell({ type: 'ready' })
