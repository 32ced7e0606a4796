import type { Reference } from '../rows/reference.ts'
import type { RowStore } from '../rows/row-store.ts'
import { OrgUser } from '../rows/user.ts'
import type { User, UserSource } from '../rows/user.ts'
import type { Seed } from '../schema.ts'
import { depthOf } from './rights.ts'
import type { Rights } from './rights.ts'

/** Who is in the organisation, and what its roles allow. */
export class Security {
  /** Everybody who has signed in or been named so far, the seed's users first. */
  readonly users: OrgUser[] = []
  readonly #store: RowStore
  readonly #roles = new Map<string, Rights>()

  constructor(store: RowStore, seed: Pick<Seed, 'users' | 'roles'>) {
    this.#store = store
    for (const { id, ...rights } of seed.roles ?? []) this.#roles.set(id.toLowerCase(), rights)
    for (const user of seed.users) this.add(user)
  }

  /** Makes somebody a user who can sign in; their `systemuser` row is made elsewhere. */
  add(source: UserSource): OrgUser {
    const user = new OrgUser(source, this.#store, (role) => this.#roles.get(role))
    this.users.push(user)
    return user
  }

  /** What a role allows; a role made over the Web API allows nothing until this is set. */
  setRole(id: string, rights: Rights): void {
    this.#roles.set(id.toLowerCase(), rights)
  }

  rightsOf(role: string): Rights | undefined {
    return this.#roles.get(role)
  }

  /** A user by name or id, or by the id of a row of `systemuser` that came later. */
  find(nameOrId: string): OrgUser | undefined {
    const id = nameOrId.toLowerCase()
    const known = this.users.find((one) => one.id === id || one.name === nameOrId)
    return known ?? this.#fromRow(id)
  }

  /** The same, for callers that know the user must exist. */
  user(nameOrId: string): OrgUser {
    const user = this.find(nameOrId)
    if (user === undefined) {
      throw new RangeError(`no user ${nameOrId}; there are ${this.users.map(({ name }) => name).join(', ')}`)
    }
    return user
  }

  /** A user by Entra object id. */
  byObjectId(objectId: string): OrgUser | undefined {
    const id = objectId.toLowerCase()
    const known = this.users.find((one) => one.objectId === id)
    if (known !== undefined) return known
    const [row] = this.#store.rows('systemuser').holding('azureactivedirectoryobjectid', id)
    return row === undefined ? undefined : this.find(row.id)
  }

  /** Whether the user still has a row of `systemuser`, in an organisation that has such rows. */
  isMember(user: User): boolean {
    const rows = this.#store.rows('systemuser')
    return rows.size === 0 || rows.get(user.id) !== undefined
  }

  /** Whether a user or team has what it takes to own rows of a table: the right to read its own. */
  mayOwn(owner: Reference, table: string): boolean {
    if (owner.table !== 'team') return this.find(owner.id)?.depth(table, 'read') !== 'none'
    return this.#store
      .rows('teamroles')
      .holding('teamid', owner.id)
      .some((link) => {
        const rights = this.#roles.get(String(link.values['roleid']))
        return rights !== undefined && depthOf(rights, table, 'read') !== 'none'
      })
  }

  #fromRow(id: string): OrgUser | undefined {
    const row = this.#store.rows('systemuser').get(id)
    if (row === undefined) return undefined
    return this.add({
      id,
      name: String(row.values['fullname'] ?? row.values['domainname'] ?? id),
      objectId: String(row.values['azureactivedirectoryobjectid'] ?? ''),
      businessUnitId: String(row.values['businessunitid'] ?? ''),
      teamIds: [],
    })
  }
}
