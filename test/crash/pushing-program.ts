import { ClientOrg } from '@outpost/core'
import type { Store } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'

/*
 * The program that dies in the middle of a push: at its n-th commit, either when everything of it is written and nothing
 * committed (`within`), or when it is committed and nobody knows it yet (`behind`). With 0 it lives, and says on standard
 * output how many commits there were.
 */
const [path = '', url = '', token = '', point = '', nth = '0'] = process.argv.slice(2)

let commits = 0

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

function dying(store: Store): Store {
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, body),
    write: async (name, body, options) => {
      const isLast = ++commits === Number(nth)
      const result = await store.write(
        name,
        async (tx) => {
          const written = await body(tx)
          return isLast && point === 'within' ? die() : written
        },
        options,
      )
      return isLast ? die() : result
    },
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

const store = await openSqliteStore({ path })
const org = await ClientOrg.open({
  store: dying(store),
  master: dataverseMaster({ url, token: staticToken(token) }),
  delivery: 'on-demand',
})
await org.push()
process.stdout.write(`${commits}\n`)
await org.close()
await store.close()
