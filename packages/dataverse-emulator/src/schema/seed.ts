import type { Schema } from './schema.ts'
import type { StoredValues } from './stored-values.ts'

/** How far a privilege reaches: own rows, the business unit's, the unit's and its children's, all. */
export type PrivilegeDepth = 'none' | 'user' | 'businessUnit' | 'parentChild' | 'organization'
export type Privilege = 'create' | 'read' | 'write' | 'delete' | 'append' | 'appendTo' | 'assign' | 'share'
export type Privileges = Readonly<Record<Privilege, PrivilegeDepth>>

/** Somebody who can sign in. The matching `systemuser` row is among the seed's rows. */
export interface SeedUser {
  readonly id: string
  readonly name: string
  /** Entra object id, for `CallerObjectId`. */
  readonly objectId: string
  readonly businessUnitId: string
  readonly teamIds: readonly string[]
  /** For every table without an entry in `tablePrivileges`. */
  readonly privileges: Privileges
  readonly tablePrivileges: Readonly<Record<string, Partial<Privileges>>>
  /** The role these privileges come from: they hold while a row of `systemuserroles` gives it to the user. */
  readonly roleId?: string
}

/** A security role. The matching `role` row is among the seed's rows. */
export interface SeedRole {
  readonly id: string
  readonly privileges: Privileges
  readonly tablePrivileges: Readonly<Record<string, Partial<Privileges>>>
  /** Privileges that belong to no table, such as `prvActOnBehalfOfAnotherUser`. */
  readonly special?: readonly string[]
  /** Every privilege that belongs to no table, and every secured column. */
  readonly administrator?: boolean
}

export interface SeedOrganization {
  readonly id: string
  readonly uniqueName: string
  readonly friendlyName: string
  readonly urlName: string
  /** The currency in which `x_base` columns are kept. */
  readonly currencyId: string
  readonly environmentId: string
  readonly tenantId: string
}

/** One row. The primary key is among the values; links of an N:N are rows of its intersect table. */
export interface SeedRow {
  readonly table: string
  readonly values: StoredValues
  /** The same values in parts, where that is how the row is made; later ones over earlier ones. */
  readonly parts?: readonly StoredValues[]
}

/**
 * All that `createEmulator({ seed })` loads. `rows` comes parents first, may be iterated several times, and makes its
 * rows as they are asked for. Values that the server would compute (formula columns, `x_base`, versionnumber) are
 * absent; createdon, modifiedon, createdby, modifiedby, ownerid, owningbusinessunit, statecode and statuscode are set.
 */
export interface Seed {
  readonly name: string
  readonly schema: Schema
  /** The moment the rows describe (ISO, UTC): no row is younger; an emulator's clock starts here by default. */
  readonly asOf: string
  readonly organization: SeedOrganization
  readonly users: readonly SeedUser[]
  /** What the roles among the rows allow. */
  readonly roles?: readonly SeedRole[]
  /** The user a request without any identity of its own acts as. */
  readonly defaultUserId: string
  readonly rows: Iterable<SeedRow>
  /** Tables for which deletes, owner changes and N:N removals are written to `trackingTable`. */
  readonly tracking: { readonly trackingTable: string; readonly tables: readonly string[] } | null
}
