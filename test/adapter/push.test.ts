import { linkId } from '@outpost/core'
import type { Change, LinkChange, PushOutcome, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, readable, signal } from './organisation.ts'
import type { Organisation } from './organisation.ts'

function create(table: string, id: string, values: Row): Change {
  return { kind: 'create', table, id, values }
}

function update(org: Organisation, table: string, id: string, values: Row, version?: string | null): Change {
  const current = org.emulator.master.row(table, id)
  const before = Object.fromEntries(
    Object.keys(values).map((name) => [name, current?.values[name.replace('$', '@')] ?? null]),
  )
  return {
    kind: 'update',
    table,
    id,
    values,
    before,
    patch: [],
    version: version === undefined ? etag(org, table, id) : version,
  }
}

function remove(org: Organisation, table: string, id: string, version?: string | null): Change {
  return { kind: 'delete', table, id, before: {}, version: version === undefined ? etag(org, table, id) : version }
}

function etag(org: Organisation, table: string, id: string): string {
  return `W/"${org.emulator.master.row(table, id)?.version}"`
}

function firstId(org: Organisation, table: string, at = 0): string {
  const row = org.emulator.master.rows(table)[at]
  if (!row) throw new Error(`the seed has no ${table} ${at}`)
  return row.id
}

function link(org: Organisation, kind: LinkChange['kind'], skill: string, resource: string): Change {
  const [relationship] = org.table('new_skill_bookableresource').manyToMany
  if (!relationship) throw new Error('the seed has no such relationship')
  const ids: Record<string, string> = { new_skill: skill, bookableresource: resource }
  const side = ({ table }: { table: string }): { table: string; id: string } => ({ table, id: ids[table] ?? '' })
  const first = side(relationship.first)
  const second = side(relationship.second)
  return {
    kind,
    relationship: relationship.name,
    table: relationship.intersectTable,
    id: linkId(first.id, second.id),
    first,
    second,
  }
}

function linked(org: Organisation, skill: string, resource: string): boolean {
  const rows = org.emulator.master.rows('new_skill_bookableresource')
  return rows.some(({ values }) => values['new_skillid'] === skill && values['bookableresourceid'] === resource)
}

/** Pushes in another way than alone: with a second, unrelated transaction in the same batch. */
async function pushWithAnother(org: Organisation, ...changes: Change[]): Promise<PushOutcome | undefined> {
  const other = org.transaction(create('new_skill', org.newId(), { new_name: 'Unrelated' }))
  const outcomes = await org.master.push([org.transaction(...changes), other], signal)
  expect(outcomes[1]?.kind).toBe('processed')
  return outcomes[0]
}

const ways: readonly (readonly [
  string,
  (org: Organisation, ...changes: Change[]) => Promise<PushOutcome | undefined>,
])[] = [
  ['alone', (org, ...changes) => org.push(...changes)],
  ['in a batch', pushWithAnother],
]

test.each(ways)('%s: a create makes the row under our id, and shows what the master made of it', async (_way, push) => {
  const org = await organisation()
  const id = org.newId()
  const outcome = await push(org, create('contact', id, { firstname: 'Ada', lastname: 'Byron' }))
  const stored = org.emulator.master.row('contact', id)
  expect(stored?.values).toMatchObject({ firstname: 'Ada', lastname: 'Byron' })
  expect(outcome).toMatchObject({
    kind: 'processed',
    rows: [
      {
        table: 'contact',
        id,
        version: etag(org, 'contact', id),
        values: { lastname: 'Byron', fullname: 'Ada Byron', statecode: 0 },
      },
    ],
  })
  const [row] = outcome?.kind === 'processed' ? outcome.rows : []
  const [read] = await org.master.read(
    { table: org.table('contact'), columns: readable(org.table('contact')), ids: [id] },
    signal,
  )
  expect(row).toMatchObject({ version: read?.version, values: read?.values })
})

test.each(ways)('%s: a create that landed before is said to exist', async (_way, push) => {
  const org = await organisation()
  const change = create('contact', org.newId(), { lastname: 'Byron' })
  await org.push(change)
  expect(await push(org, change)).toMatchObject({ kind: 'exists' })
})

test.each(ways)('%s: an update on the version it was made on is done, on another it is stale', async (_way, push) => {
  const org = await organisation()
  const id = firstId(org, 'account')
  const before = etag(org, 'account', id)
  const done = await push(org, update(org, 'account', id, { name: 'New name', revenue: 1234.567 }))
  expect(done).toMatchObject({
    kind: 'processed',
    rows: [{ id, version: etag(org, 'account', id), values: { name: 'New name' } }],
  })
  expect(etag(org, 'account', id)).not.toBe(before)
  expect(await push(org, update(org, 'account', id, { name: 'Other name' }, before))).toMatchObject({ kind: 'stale' })
  expect(org.emulator.master.row('account', id)?.values['name']).toBe('New name')
})

test.each(ways)('%s: a delete is done once, and is done when the row is gone', async (_way, push) => {
  const org = await organisation()
  const id = firstId(org, 'new_x')
  const gone = remove(org, 'new_x', id)
  expect(await push(org, remove(org, 'new_x', id, 'W/"1"'))).toMatchObject({ kind: 'stale' })
  expect(await push(org, gone)).toMatchObject({ kind: 'processed', rows: [] })
  expect(org.emulator.master.row('new_x', id)).toBeUndefined()
  expect(await push(org, gone)).toMatchObject({ kind: 'processed', rows: [] })
})

test.each(ways)('%s: an update of a row that is gone does not bring it back', async (_way, push) => {
  const org = await organisation()
  const id = firstId(org, 'new_x')
  const change = update(org, 'new_x', id, { new_name: 'Again' })
  const unversioned = update(org, 'new_x', id, { new_name: 'Again' }, null)
  org.emulator.master.remove('new_x', id)
  for (const one of [change, unversioned]) {
    expect(await push(org, one)).toMatchObject({
      kind: 'rejected',
      rejection: { rejection: 'gone', code: 'not-found' },
    })
  }
  expect(org.emulator.master.row('new_x', id)).toBeUndefined()
})

test.each(ways)('%s: links are made and removed, and doing so again changes nothing', async (_way, push) => {
  const org = await organisation()
  const skill = org.emulator.master.create('new_skill', { new_name: 'Welding' })
  const resource = firstId(org, 'bookableresource')
  for (let times = 0; times < 2; times += 1) {
    expect(await push(org, link(org, 'associate', skill, resource))).toMatchObject({ kind: 'processed', rows: [] })
    expect(linked(org, skill, resource)).toBe(true)
  }
  for (let times = 0; times < 2; times += 1) {
    expect(await push(org, link(org, 'disassociate', skill, resource))).toMatchObject({ kind: 'processed', rows: [] })
    expect(linked(org, skill, resource)).toBe(false)
  }
})

test('lookups are bound whatever their navigation properties are called, and emptied', async () => {
  const org = await organisation()
  const [account, contact, user, team] = ['account', 'contact', 'systemuser', 'team'].map((table) =>
    firstId(org, table),
  )
  const incident = org.newId()
  await expectProcessed(
    org,
    create('incident', incident, { title: 'Broken pump', customerid: contact ?? '', customerid$table: 'contact' }),
  )
  expect(org.emulator.master.row('incident', incident)?.values).toMatchObject({
    customerid: contact,
    'customerid@table': 'contact',
  })
  await expectProcessed(
    org,
    update(org, 'incident', incident, { customerid: account ?? '', customerid$table: 'account' }),
  )
  expect(org.emulator.master.row('incident', incident)?.values).toMatchObject({
    customerid: account,
    'customerid@table': 'account',
  })
  await expectProcessed(org, update(org, 'incident', incident, { ownerid: team ?? '', ownerid$table: 'team' }))
  await expectProcessed(org, update(org, 'incident', incident, { ownerid: user ?? '', ownerid$table: 'systemuser' }))
  expect(org.emulator.master.row('incident', incident)?.values).toMatchObject({
    ownerid: user,
    'ownerid@table': 'systemuser',
  })

  const equipment = org.newId()
  await expectProcessed(org, create('new_equipment', equipment, { new_name: 'Pump', new_accountid: account ?? '' }))
  expect(org.emulator.master.row('new_equipment', equipment)?.values['new_accountid']).toBe(account)
  await expectProcessed(org, update(org, 'new_equipment', equipment, { new_accountid: null }))
  expect(org.emulator.master.row('new_equipment', equipment)?.values['new_accountid'] ?? null).toBeNull()

  const task = org.newId()
  await expectProcessed(
    org,
    create('task', task, { subject: 'Call', regardingobjectid: incident, regardingobjectid$table: 'incident' }),
  )
  await expectProcessed(org, update(org, 'task', task, { regardingobjectid: null, regardingobjectid$table: null }))
  expect(org.emulator.master.row('task', task)?.values['regardingobjectid'] ?? null).toBeNull()
})

test('values of every kind arrive as they were written', async () => {
  const org = await organisation()
  const plan = org.newId()
  const values = {
    msdyn_name: 'Größe "L"',
    msdyn_startdate: '2026-05-01',
    msdyn_shiftstart: '2026-05-01T08:00:00Z',
    msdyn_duration: 30,
  }
  await expectProcessed(org, create('msdyn_shiftplan', plan, values))
  expect(org.emulator.master.row('msdyn_shiftplan', plan)?.values).toMatchObject(values)
  const reading = org.newId()
  const outcome = await org.push(create('new_reading', reading, { new_name: 'R', new_value: 47.12345 }))
  expect(outcome).toMatchObject({ kind: 'processed', rows: [{ values: { new_value: 47.1235 } }] })
})

test('several changes take effect together, a parent before its child', async () => {
  const org = await organisation()
  const [account, contact] = [org.newId(), org.newId()]
  const outcome = await org.push(
    create('account', account, { name: 'Parent' }),
    create('contact', contact, { lastname: 'Child', parentcustomerid: account, parentcustomerid$table: 'account' }),
    update(org, 'account', firstId(org, 'account'), { name: 'Third' }),
  )
  expect(outcome).toMatchObject({
    kind: 'processed',
    rows: [{ id: account }, { id: contact }, { values: { name: 'Third' } }],
  })
})

test('a refused change set leaves nothing behind, and says which change and column', async () => {
  const org = await organisation()
  const account = org.newId()
  const before = org.emulator.master.count('account')
  const outcome = await org.push(
    create('account', account, { name: 'Parent' }),
    create('task', org.newId(), { subject: 'x'.repeat(300) }),
  )
  expect(outcome).toMatchObject({
    kind: 'rejected',
    rejection: { rejection: 'invalid', status: 400, masterCode: '0x80044331', change: 1, column: 'subject' },
  })
  expect(org.emulator.master.count('account')).toBe(before)
})

test('a stale row in a change set makes the whole set stale', async () => {
  const org = await organisation()
  const id = firstId(org, 'account')
  const stale = update(org, 'account', id, { name: 'Mine' })
  org.emulator.master.update('account', id, { name: 'Theirs' })
  const contact = org.newId()
  expect(await org.push(create('contact', contact, { lastname: 'X' }), stale)).toMatchObject({ kind: 'stale' })
  expect(org.emulator.master.row('contact', contact)).toBeUndefined()
  expect(org.emulator.master.row('account', id)?.values['name']).toBe('Theirs')
})

test('what is gone or linked already does not keep the rest of its set from being done', async () => {
  const org = await organisation()
  const skill = org.emulator.master.create('new_skill', { new_name: 'Welding' })
  const resource = firstId(org, 'bookableresource')
  await org.push(link(org, 'associate', skill, resource))
  const marker = firstId(org, 'new_x')
  const gone = remove(org, 'new_x', marker)
  org.emulator.master.remove('new_x', marker)
  const contact = org.newId()
  const outcome = await org.push(
    gone,
    link(org, 'associate', skill, resource),
    create('contact', contact, { lastname: 'X' }),
  )
  expect(outcome).toMatchObject({ kind: 'processed', rows: [{ id: contact }] })
  expect(org.emulator.master.row('contact', contact)?.values['lastname']).toBe('X')
})

test('the refusal of one transaction does not stop the others', async () => {
  const org = await organisation()
  const [good, other] = [org.newId(), org.newId()]
  const outcomes = await org.master.push(
    [
      org.transaction(create('contact', good, { lastname: 'Good' })),
      org.transaction(create('task', org.newId(), { subject: 'x'.repeat(300) })),
      org.transaction(
        create('account', org.newId(), { name: 'In a set' }),
        create('task', org.newId(), { subject: 'x'.repeat(300) }),
      ),
      org.transaction(create('contact', other, { lastname: 'Other' })),
    ],
    signal,
  )
  expect(outcomes.map(({ kind }) => kind)).toEqual(['processed', 'rejected', 'rejected', 'processed'])
  expect(org.emulator.master.row('contact', other)?.values['lastname']).toBe('Other')
})

test.each(['emptyErrorCodes', 'decimalErrorCodes'] as const)('verdicts are the same with %s', async (knob) => {
  const org = await organisation({ knobs: { [knob]: true } })
  const id = firstId(org, 'account')
  expect(await org.push(update(org, 'account', id, { name: 'x' }, 'W/"1"'))).toMatchObject({ kind: 'stale' })
  expect(await org.push(create('account', id, { name: 'x' }))).toMatchObject({ kind: 'exists' })
  expect(
    await org.push(create('account', org.newId(), { name: 'x' }), update(org, 'account', id, { name: 'x' }, 'W/"1"')),
  ).toMatchObject({ kind: 'stale' })
  expect(await org.push(remove(org, 'account', org.newId(), null))).toMatchObject({ kind: 'processed', rows: [] })
  expect(await org.push(create('task', org.newId(), { subject: 'x'.repeat(300) }))).toMatchObject({
    kind: 'rejected',
    rejection: { rejection: 'invalid' },
  })
})

test('another row with the same key values is a clash, whether it is created or changed', async () => {
  const org = await organisation()
  const [mine, theirs] = org.emulator.master.rows('new_equipment').filter(({ values }) => values['new_serialnumber'])
  const serial = String(theirs?.values['new_serialnumber'])
  const clash = { kind: 'rejected', rejection: { rejection: 'key-clash', masterCode: '0x80060892', status: 412 } }
  expect(
    await org.push(create('new_equipment', org.newId(), { new_name: 'x', new_serialnumber: serial })),
  ).toMatchObject(clash)
  expect(await org.push(update(org, 'new_equipment', mine?.id ?? '', { new_serialnumber: serial }))).toMatchObject(
    clash,
  )
})

test('a lookup to a row that is not there, and a row that others depend on, are refused', async () => {
  const org = await organisation()
  const dangling = create('contact', org.newId(), {
    lastname: 'x',
    parentcustomerid: org.newId(),
    parentcustomerid$table: 'account',
  })
  expect(await org.push(dangling)).toMatchObject({ kind: 'rejected', rejection: { rejection: 'gone' } })
  const status = String(org.emulator.master.rows('bookableresourcebooking')[0]?.values['bookingstatus'])
  expect(await org.push(remove(org, 'bookingstatus', status))).toMatchObject({
    kind: 'rejected',
    rejection: { rejection: 'state' },
  })
})

test('a row that may not be written is refused for want of permission', async () => {
  const org = await organisation()
  const technician = org.emulator.users.find(({ name }) => name === 'Amara Okafor')
  const foreign = org.emulator.master.rows('account').find(({ values }) => values['ownerid'] !== technician?.id)
  const [outcome] = await org
    .masterFor({ user: technician?.name ?? '' })
    .push([org.transaction(update(org, 'account', foreign?.id ?? '', { name: 'Mine now' }))], signal)
  expect(outcome).toMatchObject({
    kind: 'rejected',
    rejection: { rejection: 'permission', code: 'forbidden', status: 403 },
  })
})

async function expectProcessed(org: Organisation, ...changes: Change[]): Promise<void> {
  expect(await org.push(...changes)).toMatchObject({ kind: 'processed' })
}
