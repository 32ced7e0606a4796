import type { LinkType } from './fetch.ts'
import type { FindRows } from './find-rows.ts'
import { NO_ROW } from './scope.ts'
import type { Tuple, Visible } from './scope.ts'

/** A link ready to be joined. */
export interface Join {
  readonly slot: number
  readonly parent: number
  readonly type: LinkType
  readonly find: FindRows
  readonly visible: Visible
  /** Whether the link's filters let the row through that is in its place in the tuple. */
  readonly passes: (tuple: Tuple) => boolean
  readonly joins: readonly Join[]
}

/** Called for a complete tuple; says whether that is enough. */
type Then = () => boolean

function clear(join: Join, tuple: Tuple): void {
  tuple[join.slot] = NO_ROW
  for (const inner of join.joins) clear(inner, tuple)
}

/** Puts every row of the link into the tuple in turn, with all that is joined to it. */
function eachRow(join: Join, tuple: Tuple, then: Then): boolean {
  const parent = tuple[join.parent]
  let enough = false
  if (parent !== undefined && parent !== NO_ROW) {
    for (const row of join.find(parent)) {
      const seen = join.visible(row)
      if (seen === undefined) continue
      tuple[join.slot] = seen
      if (!join.passes(tuple)) continue
      enough = joinAll(join.joins, tuple, then)
      if (enough) break
    }
  }
  return enough
}

/** Whether the link has a matching row for the tuple as it is. */
export function exists(join: Join, tuple: Tuple): boolean {
  const found = eachRow(join, tuple, () => true)
  clear(join, tuple)
  return found
}

/** Whether the link has any row for the tuple, whatever its filters ask. */
export function hasAnyRow({ parent, find, visible }: Join, tuple: Tuple): boolean {
  const row = tuple[parent]
  if (row === undefined || row === NO_ROW) return false
  for (const one of find(row)) if (visible(one) !== undefined) return true
  return false
}

/** Completes the tuple by all links, in every combination of their rows; says whether it was told to stop. */
export function joinAll(joins: readonly Join[], tuple: Tuple, then: Then, at = 0): boolean {
  const join = joins[at]
  if (join === undefined) return then()
  const next = (): boolean => joinAll(joins, tuple, then, at + 1)
  let matched = false
  let stopped: boolean
  switch (join.type) {
    case 'inner':
      stopped = eachRow(join, tuple, next)
      break
    case 'outer':
      stopped = eachRow(join, tuple, () => {
        matched = true
        return next()
      })
      if (!matched) {
        clear(join, tuple)
        stopped = next()
      }
      break
    case 'matchfirstrowusingcrossapply': {
      let inner = false
      eachRow(join, tuple, () => {
        inner = next()
        return true
      })
      stopped = inner
      break
    }
    default:
      return exists(join, tuple) && next()
  }
  clear(join, tuple)
  return stopped
}
