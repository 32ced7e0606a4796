import { rowDoesNotExist } from '../errors.ts'
import { requireReach } from '../rows/access.ts'
import { isGuid } from '../rows/guid.ts'
import type { User } from '../rows/user.ts'
import type { WriteContext } from '../rows/write-context.ts'
import type { StoredValues, TableDefinition } from '../schema.ts'
import { checkFetch } from './bind-fetch.ts'
import { parseFetch } from './parse-fetch.ts'
import type { FetchOrg } from './scope.ts'
import { emptyFetch, entitiesDontMatch, invalidViewId, noSuchEntity } from './refusals.ts'

/** The query of a view for a table: of everybody's (`savedQuery`) or one that is the user's or shared with the user. */
export function viewFetch(
  { schema, store }: FetchOrg,
  user: User,
  table: TableDefinition,
  kind: 'savedQuery' | 'userQuery',
  text: string,
): string {
  const id = text
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .toLowerCase()
  if (!isGuid(id)) throw invalidViewId(kind)
  const name = kind.toLowerCase()
  const views = schema.table(name)
  const view = views === undefined ? undefined : store.rows(name).get(id)
  if (views === undefined || view === undefined) throw rowDoesNotExist(name, id)
  requireReach(store, views, user, 'read', view)
  const { returnedtypecode: of, fetchxml } = view.values
  if (of !== table.logicalName) throw entitiesDontMatch()
  if (typeof fetchxml !== 'string') throw emptyFetch()
  return fetchxml
}

/** Refuses a view whose query is none, or is about another table than the view. Rows of other tables pass. */
export function checkView(context: WriteContext, { logicalName }: TableDefinition, values: StoredValues): void {
  if (logicalName !== 'savedquery' && logicalName !== 'userquery') return
  const { returnedtypecode: of, fetchxml } = values
  if (typeof fetchxml !== 'string') return
  const { schema } = context.store
  if (typeof of === 'string' && schema.table(of) === undefined) throw noSuchEntity(of)
  const fetch = parseFetch(fetchxml)
  if (fetch.entity.name !== of) throw entitiesDontMatch()
  const { store, organization } = context
  checkFetch({ schema, store, organization }, context.user, fetch)
}
