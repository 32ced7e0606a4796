import { writeSync } from 'node:fs'
import { ClientOrg } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'

/*
 * The program that is killed: writes while it syncs, and says on standard output what it has written, each time the write
 * has resolved. Runs until it is killed.
 */
const [path = '', url = '', token = '', round = ''] = process.argv.slice(2)
const store = await openSqliteStore({ path })
const master = dataverseMaster({ url, token: staticToken(token), pageSize: 3 })
const org = await ClientOrg.open({ store, master, delivery: 'on-demand', pageSize: 3 })

async function writeSome(cycle: number): Promise<void> {
  const [changed] = await org.table('account').query({ orderBy: ['name'], limit: 1 })
  const id = String(changed?.['accountid'])
  const value = `${round}.${cycle}`
  await org.write((draft) => draft.update('account', id, { telephone1: value }))
  writeSync(1, `update ${id} ${value}\n`)
  let parent = ''
  await org.write((draft) => {
    parent = draft.create('account', { name: `zz ${value}` })
    draft.create('contact', { lastname: value, parentcustomerid: parent, parentcustomerid$table: 'account' })
  })
  writeSync(1, `create ${parent} ${value}\n`)
}

for (let cycle = 1; ; cycle += 1) await Promise.all([org.sync(), writeSome(cycle)])
