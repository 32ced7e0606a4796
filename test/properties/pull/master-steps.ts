import type { Emulator, Master, MasterValues } from '@outpost/dataverse-emulator'
import { integer, text, WebApiError } from '@outpost/dataverse-emulator'
import type { Draw } from '@outpost/core/testing'
import { OVERSEER, TECHNICIAN } from './ground.ts'
import type { Site } from './ground.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const DAY_MS = 86_400_000

const NAMES = ['Aalto', 'Mäkinen', 'Marsh', 'zeta', 'Aalto & Sons', "O'Neill", '50% off', 'Žižka', 'mm']
const POOL = [
  'account',
  'contact',
  'new_equipment',
  'new_reading',
  'annotation',
  'bookableresourcebooking',
  'bookableresource',
  'new_skill',
] as const
type Pooled = (typeof POOL)[number]

/** Values that rows of each table are given at random: what filters ask for is among them. */
const VALUES: Readonly<Record<Pooled, (draw: Draw, emulator: Emulator) => MasterValues>> = {
  account: (draw, emulator) => ({
    name: draw.pick(NAMES),
    telephone1: draw.pick([null, '+45 1', '+358 2']),
    fax: draw.pick([null, '7', '8']),
    numberofemployees: draw.pick([null, 0, 400, 500, 501, 900]),
    creditonhold: draw.chance(0.5),
    industrycode: draw.pick([null, 1, 2, 5]),
    primarycontactid: draw.chance(0.3) ? null : anyId(draw, emulator, 'contact'),
  }),
  contact: (draw, emulator) => ({
    firstname: draw.pick([null, 'Ada', 'Bo', 'ann']),
    lastname: draw.pick(NAMES),
    jobtitle: draw.pick([null, 'Chief', 'Hand']),
    birthdate: draw.pick([null, '1980-02-29']),
    parentcustomerid: customer(draw, emulator),
  }),
  new_equipment: (draw, emulator) => ({
    new_name: draw.pick(NAMES),
    new_purchaseprice: draw.pick([null, 19_999.99, 20_000, 20_000.01]),
    new_installedon: draw.pick([null, '2024-12-31']),
    new_accountid: draw.chance(0.4) ? null : anyId(draw, emulator, 'account'),
  }),
  new_reading: (draw, emulator) => ({
    new_name: draw.pick(NAMES),
    new_value: draw.pick([null, -3, 1000.5, 1000.4999, 8000]),
    new_readon: '2025-06-01T10:00:00Z',
    new_equipmentid: anyId(draw, emulator, 'new_equipment'),
  }),
  annotation: (draw, emulator) => ({
    subject: draw.pick(NAMES),
    notetext: draw.pick([null, 'seen', 'line\nbreak']),
    ...(draw.chance(0.5)
      ? { isdocument: true, filename: 'a.txt', mimetype: 'text/plain', documentbody: draw.pick(['YQ==', 'YWI=']) }
      : {}),
    objectid: { table: 'account', id: anyId(draw, emulator, 'account') ?? '' },
  }),
  bookableresourcebooking: (draw, emulator) => ({
    name: draw.pick(NAMES),
    starttime: `2025-0${draw.pick([4, 5, 6])}-${draw.pick(['01', '02', '03', '30'])}T06:00:00Z`,
    endtime: '2025-07-01T08:00:00Z',
    duration: draw.pick([30, 199, 200]),
    resource: anyId(draw, emulator, 'bookableresource'),
    bookingstatus: anyId(draw, emulator, 'bookingstatus'),
    msdyn_workorder: draw.chance(0.3) ? null : anyId(draw, emulator, 'msdyn_workorder'),
  }),
  bookableresource: (draw) => ({ name: draw.pick(NAMES), resourcetype: draw.pick([1, 3, 4]) }),
  new_skill: (draw) => ({ new_name: draw.pick(NAMES), new_level: draw.pick([1, 2, 3, 5]) }),
}

function customer(draw: Draw, emulator: Emulator): { table: string; id: string } | null {
  const table = draw.pick(['account', 'contact'])
  const id = anyId(draw, emulator, table)
  return id === null || draw.chance(0.2) ? null : { table, id }
}

function anyId(draw: Draw, emulator: Emulator, table: string): string | null {
  const rows = emulator.master.rows(table)
  return rows.length === 0 ? null : draw.pick(rows).id
}

/** Only the columns that the table has at this moment. */
function fitting(emulator: Emulator, table: string, values: MasterValues): MasterValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => emulator.schema.column(table, name)))
}

/** Some change of a row or a few by the master's own hand. Gives back what was done, in words. */
function changeRows(draw: Draw, emulator: Emulator, master: Master, tables: readonly string[]): string {
  const table = draw.pick(POOL.filter((name) => tables.includes(name)).concat(draw.pick(POOL)))
  const id = anyId(draw, emulator, table)
  const values = fitting(emulator, table, VALUES[table](draw, emulator))
  const kind = draw.weighted({ create: 3, update: 8, touch: 2, delete: 3, assign: 3, backdate: 2, link: 2, unlink: 2 })
  const owner = draw.pick([...people(emulator), { table: 'team', id: anyId(draw, emulator, 'team') ?? '' }])
  switch (kind) {
    case 'create':
      return `create ${table} ${master.create(table, { ...values, ...ownerOf(emulator, table, owner) })}`
    case 'update': {
      if (id !== null) master.update(table, id, oneOf(draw, values))
      return `update ${table} ${id}`
    }
    case 'touch':
      if (id !== null) master.touch(table, id)
      return `touch ${table} ${id}`
    case 'delete':
      if (id !== null) master.remove(table, id)
      return `delete ${table} ${id}`
    case 'assign':
      if (id !== null && emulator.schema.column(table, 'ownerid')) master.assign(table, id, owner)
      return `assign ${table} ${id} to ${owner.table} ${owner.id}`
    case 'backdate': {
      const modifiedon = draw.pick(['2020-01-01T00:00:00Z', '2025-06-01T23:59:59Z'])
      if (id !== null) master.update(table, id, { ...oneOf(draw, values), modifiedon })
      return `back-date ${table} ${id}`
    }
    case 'link':
    case 'unlink': {
      const [skill, resource] = [anyId(draw, emulator, 'new_skill'), anyId(draw, emulator, 'bookableresource')]
      if (skill === null || resource === null) return 'nothing to link'
      const end = { table: 'bookableresource', id: resource }
      const navigation = 'new_Skill_BookableResource'
      if (kind === 'link') master.associate('new_skill', skill, navigation, end)
      else {
        const links = master.rows('new_skill_bookableresource')
        const link = links.length === 0 ? undefined : draw.pick(links)
        const [one, other] = [link?.values['new_skillid'], link?.values['bookableresourceid']]
        if (typeof one === 'string' && typeof other === 'string')
          master.disassociate('new_skill', one, navigation, { table: 'bookableresource', id: other })
      }
      return `${kind} ${skill} ${resource}`
    }
  }
}

function people(emulator: Emulator): readonly { readonly table: string; readonly id: string }[] {
  return emulator.users.map(({ id }) => ({ table: 'systemuser', id }))
}

function ownerOf(
  emulator: Emulator,
  table: string,
  ownerid: { readonly table: string; readonly id: string },
): MasterValues {
  return emulator.schema.column(table, 'ownerid') ? { ownerid } : {}
}

function oneOf(draw: Draw, values: MasterValues): MasterValues {
  const name = draw.pick(Object.keys(values))
  return { [name]: values[name] ?? null }
}

/** Who may see what changes, and no row does. */
function changeRights(draw: Draw, site: Site, tables: readonly string[]): string {
  const { emulator, undo } = site
  const { security, master } = emulator
  const table = draw.pick(tables)
  const id = anyId(draw, emulator, table)
  const kind = draw.weighted({ share: 4, unshare: 3, hide: 2, depth: 1, role: 2, team: 2, unit: 1 })
  const row = { table, id: id ?? '' }
  switch (kind) {
    case 'share':
      if (id !== null) security.grant(row, TECHNICIAN, ['read'])
      return `share ${table} ${id}`
    case 'unshare': {
      const shares = master.rows('principalobjectaccess')
      if (shares.length === 0) return 'nothing is shared'
      const { values } = draw.pick(shares)
      const shared = { table: String(values['objecttypecode']), id: String(values['objectid']) }
      security.revoke(shared, TECHNICIAN)
      return `unshare ${shared.table} ${shared.id}`
    }
    case 'hide':
      if (id !== null) security.revokeReadAccess(TECHNICIAN, row)
      undo.push(() => security.restoreReadAccess(TECHNICIAN, row))
      return `hide ${table} ${id}`
    case 'depth': {
      const depth = draw.pick(['user', 'businessUnit', 'organization'] as const)
      security.privilegeDepth(TECHNICIAN, table, depth)
      undo.push(() => security.restoreReadAccess(TECHNICIAN, table))
      return `depth ${table} ${depth}`
    }
    case 'role': {
      const give = draw.chance(0.5)
      if (give) security.assignRole(TECHNICIAN, OVERSEER)
      else security.removeRole(TECHNICIAN, OVERSEER)
      return `${give ? 'give' : 'take'} a role`
    }
    case 'team': {
      const team = anyId(draw, emulator, 'team') ?? ''
      const join = draw.chance(0.5)
      if (join) security.joinTeam(TECHNICIAN, team)
      else security.leaveTeam(TECHNICIAN, team)
      return `${join ? 'join' : 'leave'} a team`
    }
    case 'unit': {
      const unit = anyId(draw, emulator, 'businessunit') ?? ''
      security.moveUser(TECHNICIAN, unit, { keepRoles: true })
      return `move to ${unit}`
    }
  }
}

function changeSchema(draw: Draw, { emulator }: Site): string {
  const { schema } = emulator
  const kind = draw.weighted({ add: 2, remove: 1, retype: 1, option: 1 })
  switch (kind) {
    case 'add':
      if (!schema.column('account', 'new_extra')) schema.addColumn('account', text('new_Extra'))
      return 'add account.new_extra'
    case 'remove':
      if (schema.column('account', 'fax')) schema.removeColumn('account', 'fax')
      return 'remove account.fax'
    case 'retype':
      if (schema.column('account', 'fax')) schema.retypeColumn('account', integer('Fax', { min: 0, max: 9 }))
      return 'retype account.fax'
    case 'option':
      schema.renameOption('account', 'industrycode', 1, `Renamed ${draw.below(100)}`)
      return 'rename an option'
  }
}

/** What happens on the master's side. `rare` are those that cost much time. Gives back what was done, in words. */
export function masterStep(draw: Draw, site: Site, tables: readonly string[], rare: boolean): string {
  const { emulator } = site
  const kind = draw.weighted({
    rows: 30,
    late: 4,
    rights: 6,
    clock: 5,
    backup: 1,
    restore: 1,
    expire: 1,
    paging: 2,
    ...(rare ? { schema: 8 } : {}),
  })
  try {
    switch (kind) {
      case 'rows':
        return changeRows(draw, emulator, emulator.master, tables)
      case 'late': {
        const ms = draw.pick([2 * SECOND_MS, MINUTE_MS, 3 * MINUTE_MS, 4 * MINUTE_MS, 20 * MINUTE_MS, DAY_MS])
        let words = ''
        emulator.delayedCommit(ms, (master) => (words = changeRows(draw, emulator, master, tables)))
        return `in ${ms} ms: ${words}`
      }
      case 'rights':
        return changeRights(draw, site, tables)
      case 'clock': {
        const ms = draw.pick([SECOND_MS, 30 * SECOND_MS, 3 * MINUTE_MS, 10 * MINUTE_MS, DAY_MS, 9 * DAY_MS])
        if (draw.chance(0.7)) {
          site.passes(ms)
          return `${ms} ms pass`
        }
        site.masterClockGoesOn(Math.min(ms, 10 * MINUTE_MS))
        return `the master's clock is put forward`
      }
      case 'backup':
        emulator.backup()
        return 'backup'
      case 'restore':
        emulator.restoreBackup()
        return 'restore the backup'
      case 'expire':
        emulator.expireDelta()
        return 'expire the delta tokens'
      case 'paging':
        emulator.mutateBetweenPages((master) => {
          emulator.mutateBetweenPages(undefined)
          quietly(() => changeRows(draw, emulator, master, tables))
        })
        return 'rows will change between pages'
      case 'schema':
        return changeSchema(draw, site)
    }
  } catch (error) {
    if (error instanceof WebApiError || error instanceof RangeError) return `${kind} was refused: ${error.message}`
    throw error
  }
}

function quietly(body: () => unknown): void {
  try {
    body()
  } catch (error) {
    if (!(error instanceof WebApiError)) throw error
  }
}
