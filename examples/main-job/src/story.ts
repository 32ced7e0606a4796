import { get } from 'node:http'
import { openSqliteStore } from '@outpost/store-sqlite'
import { claim } from './claim.ts'
import { compareAll } from './compare.ts'
import type { TableComparison } from './compare.ts'
import { DeviceFailure, startDevice } from './device-process.ts'
import type { Device } from './device-process.ts'
import type { Listed, Written } from './device.ts'
import { openOffice } from './office.ts'
import type { Office } from './office.ts'
import { configurationFor, KEPT_TABLES } from './tables.ts'
import { chapter, dim, endProgress, fact, green, progress, quote, red, say, table } from './terminal.ts'

const DISPATCHER = 'Dorian Vestergaard'
const TECHNICIAN = 'Amara Okafor'
const COLLEAGUE = 'Sunniva Admin'
const FREE_NUMBER = 'N-000002'
const OPEN_ORDERS = "msdyn_city eq 'Nordby'"

export interface StoryOptions {
  readonly database: string
  readonly rows: number
  readonly spoil: boolean
}

/** What the chapters pass on to each other. */
interface World extends StoryOptions {
  readonly office: Office
  readonly businessUnit: string
  readonly takenNumber: string
  readonly settled: Map<number, string>
  live: number
  onLive?: () => void
  device: Device
}

/** Tells the whole story. Gives back whether both sides agree at its end; throws when a step did not happen as told. */
export async function tellStory(options: StoryOptions): Promise<boolean> {
  chapter('The office: a Dataverse organisation')
  const office = await openOffice(options.rows)
  claim(office.rows >= Math.min(20_000, options.rows * 0.9), 'the master holds about as many rows as asked for')
  fact('Served at', office.url)
  fact('Rows on the master', office.rows)
  fact('Tables', office.tables)
  const world = await unpackLaptop(options, office)
  try {
    await connect(world)
    await download(world)
    await cutNetwork(world)
    const written = await workOffline(world)
    await restart(world, written)
    await comeBack(world, written)
    await fixRefused(world)
    await receiveChanges(world)
    await world.device.kill()
    return await compareSides(world)
  } finally {
    await world.device.kill()
    await office.cutNetwork()
  }
}

async function unpackLaptop(options: StoryOptions, office: Office): Promise<World> {
  const units = await office.request(COLLEAGUE, 'GET', `businessunits?$select=name&$filter=name eq 'Tervo North'`)
  const [north] = units['value'] as readonly { readonly businessunitid: string }[]
  claim(north !== undefined, 'there is a business unit Tervo North')
  const businessUnit = north.businessunitid
  const takenNumber = await southernNumber(office, businessUnit)
  const settled = new Map<number, string>()
  const world: World = { ...options, office, businessUnit, takenNumber, settled, live: -1, device: NO_DEVICE }
  world.device = await startLaptop(world)
  return world
}

/** The number of an account that the laptop will not keep: only the master can know that it is taken. */
async function southernNumber(office: Office, north: string): Promise<string> {
  const filter = `accountnumber ne null and _owningbusinessunit_value ne ${north}`
  const page = await office.request(COLLEAGUE, 'GET', `accounts?$select=accountnumber&$filter=${filter}&$top=1`)
  const [account] = page['value'] as readonly { readonly accountnumber: string }[]
  claim(account !== undefined, 'there is an account in the south')
  return account.accountnumber
}

const NO_DEVICE: Device = { actions: {} as Device['actions'], pid: 0, kill: () => Promise.resolve('') }

function startLaptop(world: World): Promise<Device> {
  const { office, database: path, settled } = world
  return startDevice({
    path,
    url: office.url,
    token: office.tokenFor(DISPATCHER),
    onEvent: (event) => {
      if (event.type === 'pull.page') progress(event.table, event.rows, event.estimate?.rows ?? event.rows)
      else if (event.type === 'push.settled') settled.set(event.seq, event.status)
    },
    onLive: (rows) => {
      world.live = rows
      world.onLive?.()
    },
  })
}

async function connect({ device }: World): Promise<void> {
  chapter(`${DISPATCHER} connects a laptop`)
  const { tables } = await device.actions.connect()
  fact('Its process', `${device.pid}`)
  fact('Table definitions copied', tables)
  const status = await device.actions.status()
  claim(Object.keys(status.tables).length === 0, 'connecting downloads no rows')
}

async function download({ device, businessUnit }: World): Promise<void> {
  chapter('It downloads what Tervo North is working on')
  await device.actions.configure(configurationFor(businessUnit))
  const report = await device.actions.sync()
  endProgress()
  let rows = 0
  for (const { name } of KEPT_TABLES) {
    const written = report.tables[name]?.written ?? 0
    claim(report.tables[name]?.error === undefined, `${name} is downloaded`)
    claim(written > 0, `there are rows of ${name} to download`)
    fact(name, written)
    rows += written
  }
  fact('Rows on the laptop', rows)
}

async function cutNetwork({ office, device }: World): Promise<void> {
  chapter('The network goes')
  await office.cutNetwork()
  const refusal = await plainRequest(office.url)
  claim(refusal === 'ECONNREFUSED', 'a plain request is refused now')
  fact('A plain request', refusal)
  const failure = await device.actions.sync().then(
    () => 'synced',
    (error: unknown) => (error instanceof DeviceFailure ? error.code : String(error)),
  )
  claim(failure === 'offline', 'a sync says that the master cannot be reached')
  fact('A sync', failure)
}

async function workOffline(world: World): Promise<readonly Written[]> {
  chapter('Work goes on')
  const { device, office, takenNumber } = world
  const known = await device.actions.rows('account', `accountnumber eq '${takenNumber}'`)
  claim(known.length === 0, 'the laptop cannot know that the number is taken')
  await device.actions.watch('msdyn_workorder', OPEN_ORDERS)
  const before = (await device.actions.rows('msdyn_workorder', OPEN_ORDERS)).length
  const written = await device.actions.work({ technician: office.userId(TECHNICIAN), takenNumber })
  const pending = await device.actions.transactions(['pending'])
  for (const { what, seq } of written) {
    const waitsFor = pending.find((transaction) => transaction.seq === seq)?.waitsFor ?? null
    fact(what, `#${seq} pending${waitsFor === null ? '' : dim(`, waits for #${waitsFor}`)}`)
  }
  claim(countOf(pending, 'pending') === written.length, 'every write is pending')
  claim(pending[1]?.waitsFor === pending[0]?.seq, 'the child waits for the record it belongs to')
  const after = (await device.actions.rows('msdyn_workorder', OPEN_ORDERS)).length
  claim(after === before + 2, 'reads show the new and the changed work order at once')
  await liveQueryShows(world, after)
  fact('Work orders in Nordby, before', before)
  fact('Work orders in Nordby, now', after)
  fact('The same in a live query', world.live)
  fact('Pending', pending.length)
  return written
}

/** The live query tells of a commit a moment after it; five seconds are far more than a moment. */
async function liveQueryShows(world: World, rows: number): Promise<void> {
  const shown = await new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), 5_000)
    world.onLive = () => {
      if (world.live !== rows) return
      clearTimeout(late)
      resolve(true)
    }
    world.onLive()
  })
  delete world.onLive
  claim(shown, 'the live query has shown them too')
}

async function restart(world: World, written: readonly Written[]): Promise<void> {
  chapter('The laptop dies and starts again')
  const before = world.device.pid
  const how = await world.device.kill()
  claim(how === 'SIGKILL', 'the process was killed')
  world.device = await startLaptop(world)
  claim(world.device.pid !== before, 'a new process holds the client org')
  fact('Its process', `${before}, ended by ${how}`)
  fact('A new process opens the database', `${world.device.pid}`)
  const { transactions } = await world.device.actions.status()
  claim(transactions.pending === written.length, 'every pending transaction is there again')
  fact('Pending', transactions.pending)
}

async function comeBack(world: World, written: readonly Written[]): Promise<void> {
  chapter('The network is back')
  const { device, office, settled } = world
  await office.restoreNetwork()
  await device.actions.backOnline()
  const all = await device.actions.transactions(['pending', 'processed', 'error', 'archived'])
  for (const { seq, status } of all) {
    const what = written.find((one) => one.seq === seq)?.what ?? ''
    fact(what, `#${seq} ${status === 'error' ? red(status) : green(status)}`)
  }
  claim(countOf(all, 'processed') === written.length - 1, 'all but one transaction are processed')
  claim(countOf(all, 'error') === 1 && countOf(all, 'pending') === 0, 'one transaction is refused')
  claim(settled.size === written.length, 'each of them was reported as it settled')
}

function countOf(transactions: readonly Listed[], status: Listed['status']): number {
  return transactions.filter((transaction) => transaction.status === status).length
}

async function fixRefused({ device }: World): Promise<void> {
  chapter('The refused one is looked at and fixed')
  const [refused] = await device.actions.transactions(['error'])
  claim(refused?.rejection === 'key-clash', 'the reason is that the number is taken')
  claim(Boolean(refused.message && refused.remedy), "the refusal comes with the master's words and a remedy")
  fact(`#${refused.seq} was refused`, refused.rejection)
  quote('The master says', refused.message ?? '')
  quote('What to do', refused.remedy ?? '')
  await device.actions.amend(refused.seq, { accountnumber: FREE_NUMBER })
  await device.actions.sync()
  endProgress()
  const { transactions } = await device.actions.status()
  claim(transactions.error === 0 && transactions.pending === 0, 'the amended transaction is processed')
  fact(`#${refused.seq} amended to ${FREE_NUMBER}`, green('processed'))
}

async function receiveChanges({ office, device, businessUnit }: World): Promise<void> {
  chapter(`${COLLEAGUE} has been busy at the office`)
  const filter = `statecode eq 0 and _owningbusinessunit_value eq ${businessUnit}`
  const pick = async (set: string, id: string, top: number): Promise<readonly string[]> => {
    const page = await office.request(COLLEAGUE, 'GET', `${set}?$select=${id}&$filter=${filter}&$top=${top}`)
    return (page['value'] as readonly Record<string, string>[]).map((row) => row[id] ?? '')
  }
  const changed = await pick('contacts', 'contactid', 25)
  for (const [at, id] of changed.entries()) {
    await office.request(COLLEAGUE, 'PATCH', `contacts(${id})`, { emailaddress1: `contact${at}@nordlys.example` })
  }
  const deleted = await pick('tasks', 'activityid', 5)
  for (const id of deleted) await office.request(COLLEAGUE, 'DELETE', `tasks(${id})`)
  const south = await southernUser(office, businessUnit)
  const moved = await pick('msdyn_workorders', 'msdyn_workorderid', 3)
  for (const id of moved) {
    await office.request(COLLEAGUE, 'PATCH', `msdyn_workorders(${id})`, {
      'ownerid@odata.bind': `/systemusers(${south})`,
    })
  }
  const { tables } = await device.actions.sync()
  endProgress()
  claim(tables['contact']?.written === changed.length, 'the changed contacts arrive, and nothing else')
  for (const [at, id] of changed.entries()) {
    const [contact] = await device.actions.rows('contact', `contactid eq ${id}`)
    claim(contact?.['emailaddress1'] === `contact${at}@nordlys.example`, 'a changed contact has its new address here')
  }
  fact('Contacts changed', changed.length)
  await claimGone(device, 'task', 'activityid', deleted)
  fact('Tasks deleted', deleted.length)
  await claimGone(device, 'msdyn_workorder', 'msdyn_workorderid', moved)
  for (const id of moved) await office.request(COLLEAGUE, 'GET', `msdyn_workorders(${id})?$select=msdyn_name`)
  fact('Work orders given to the south', moved.length)
  const pruned = Object.values(tables).reduce((sum, one) => sum + one.pruned, 0)
  claim(pruned >= deleted.length + moved.length, 'what is gone was removed as such')
  fact('Rows that the master moved with them', pruned - deleted.length - moved.length)
  say(dim('What went south is still on the master; only the laptop has let go of it.'))
}

async function claimGone(device: Device, name: string, idColumn: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const here = await device.actions.rows(name, `${idColumn} eq ${id}`)
    claim(here.length === 0, `${name} ${id} is not on the laptop any more`)
  }
}

async function southernUser(office: Office, north: string): Promise<string> {
  const filter = `title eq 'Field Technician' and _businessunitid_value ne ${north}`
  const page = await office.request(COLLEAGUE, 'GET', `systemusers?$select=fullname&$filter=${filter}&$top=1`)
  const [user] = page['value'] as readonly { readonly systemuserid: string }[]
  claim(user !== undefined, 'there is a technician in the south')
  return user.systemuserid
}

async function compareSides(world: World): Promise<boolean> {
  chapter('Both sides, row by row and column by column')
  const { office, database, businessUnit, spoil } = world
  if (spoil) {
    say(red('--spoil: a row is changed on the master now'))
    await spoilOne(world)
  }
  const store = await openSqliteStore({ path: database })
  const results: TableComparison[] = []
  try {
    await compareAll(office, store, { user: DISPATCHER, businessUnit }, (one) => results.push(one))
  } finally {
    await store.close()
  }
  const differences = results.flatMap((one) => one.differences)
  const sum = (of: (one: TableComparison) => number): number => results.reduce((total, one) => total + of(one), 0)
  table(
    ['', 'master', 'laptop', 'columns', 'values', 'different'],
    [
      ...results.map((one) => [
        one.table,
        one.masterRows,
        one.deviceRows,
        one.columns,
        one.values,
        one.differences.length,
      ]),
      [
        'all',
        sum((one) => one.masterRows),
        sum((one) => one.deviceRows),
        '',
        sum((one) => one.values),
        differences.length,
      ],
    ],
  )
  for (const difference of differences.slice(0, 5)) say(red(difference))
  return differences.length === 0
}

async function spoilOne({ office, businessUnit }: World): Promise<void> {
  const filter = `statecode eq 0 and _owningbusinessunit_value eq ${businessUnit}`
  const page = await office.request(COLLEAGUE, 'GET', `accounts?$select=accountid&$filter=${filter}&$top=1`)
  const [account] = page['value'] as readonly { readonly accountid: string }[]
  claim(account !== undefined, 'there is an account to spoil')
  await office.request(COLLEAGUE, 'PATCH', `accounts(${account.accountid})`, { telephone1: '+45 00 00 00 00' })
}

/** What becomes of a request on a connection of its own. */
function plainRequest(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume()
      resolve(`answered ${response.statusCode}`)
    })
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
