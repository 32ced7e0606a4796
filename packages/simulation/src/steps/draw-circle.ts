import type { ColumnMetadata, TableMetadata } from '@outpost/core'
import type { Act } from './act.ts'
import { drawRow, newId } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'

/** Two new rows that point to each other, in one write; undefined where no two tables do that. */
export async function drawCircle(drawing: Drawing): Promise<Act | undefined> {
  const { draw } = drawing
  const found = await pairs(drawing)
  if (found.length === 0) return undefined
  const [one, other] = draw.pick(found)
  const ids = [newId(draw), newId(draw)] as const
  const [first, second] = [
    { ...(await drawRow(drawing, one.table, 'creatable')), ...pointer(one.column, other.table.name, ids[1]) },
    { ...(await drawRow(drawing, other.table, 'creatable')), ...pointer(other.column, one.table.name, ids[0]) },
  ]
  return (draft) => {
    draft.create(one.table.name, first, ids[0])
    draft.create(other.table.name, second, ids[1])
    return [
      { kind: 'create', table: one.table.name, id: ids[0], values: first },
      { kind: 'create', table: other.table.name, id: ids[1], values: second },
    ]
  }
}

interface Pointer {
  readonly table: TableMetadata
  readonly column: ColumnMetadata
}

async function pairs({ device: { org } }: Drawing): Promise<readonly (readonly [Pointer, Pointer])[]> {
  const pointers: Pointer[] = []
  for (const [name, { columns: kept }] of Object.entries(org.configuration.tables)) {
    const table = await org.masterTable(name)
    for (const column of table?.columns ?? [])
      if (table && column.type === 'lookup' && column.creatable && (kept?.includes(column.name) ?? true))
        pointers.push({ table, column })
  }
  const pointsTo = ({ column }: Pointer, { table }: Pointer): boolean =>
    column.targets?.some((target) => target.table === table.name) ?? false
  return pointers.flatMap((one) =>
    pointers
      .filter((other) => one.table.name < other.table.name && pointsTo(one, other) && pointsTo(other, one))
      .map((other) => [one, other] as const),
  )
}

function pointer({ name, targets = [] }: ColumnMetadata, table: string, id: string): Record<string, string> {
  return { [name]: id, ...(targets.length > 1 ? { [`${name}$table`]: table } : {}) }
}
