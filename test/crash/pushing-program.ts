import { ClientOrg } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'
import { DyingStore } from './dying-store.ts'

/*
 * The program that dies in the middle of a push: at its n-th commit, either when everything of it is written and nothing
 * committed (`within`), or when it is committed and nobody knows it yet (`behind`). With 0 it lives, and says on standard
 * output how many commits there were.
 */
const [path = '', url = '', token = '', point = '', nth = '0'] = process.argv.slice(2)

const store = await openSqliteStore({ path })
const dying = new DyingStore(store, point, Number(nth))
const org = await ClientOrg.open({
  store: dying.store,
  master: dataverseMaster({ url, token: staticToken(token) }),
  delivery: 'on-demand',
})
await org.push()
process.stdout.write(`${dying.begun}\n`)
await org.close()
await store.close()
