import type { ManyToManyDraft } from '../schema.ts'
import type { CsdlDocument, CsdlNavigation } from './read-csdl.ts'
import type { FlatType } from './flat-types.ts'

type Tables = ReadonlyMap<string, FlatType>

interface Ends {
  readonly table1: FlatType
  readonly navigation1: CsdlNavigation
  readonly table2: FlatType
  readonly navigation2: CsdlNavigation
}

/** N:N relationships: collections whose partners are collections too, with the table that holds their links. */
export function manyToManyFromCsdl(
  tables: Tables,
  sets: CsdlDocument['sets'],
  isCustom: (name: string) => boolean,
): readonly ManyToManyDraft[] {
  const drafts: ManyToManyDraft[] = []
  const names = new Set<string>()
  const taken = new Set<string>()
  for (const ends of pairs(tables)) {
    const { table1, table2, navigation1, navigation2 } = ends
    const intersect = intersectOf(ends, tables, taken)
    const schemaName = names.has(navigation1.name) ? `${navigation1.name}_${table1.type.name}` : navigation1.name
    names.add(schemaName)
    const intersectTable = intersect?.table.type.name ?? schemaName.toLowerCase()
    taken.add(intersectTable)
    drafts.push({
      schemaName,
      intersectTable,
      intersectSet: sets.get(intersectTable) ?? `${intersectTable}set`,
      objectTypeCode: 20_000 + drafts.length,
      table1: table1.type.name,
      navigation1: navigation1.name,
      table2: table2.type.name,
      navigation2: navigation2.name,
      isCustom: isCustom(schemaName),
      ...(intersect === undefined ? {} : { column1: intersect.column1, column2: intersect.column2 }),
    })
  }
  return drafts
}

function* pairs(tables: Tables): Generator<Ends> {
  const seen = new Set<string>()
  for (const table1 of tables.values()) {
    for (const navigation1 of table1.own) {
      const table2 = navigation1.collection ? tables.get(navigation1.type) : undefined
      const navigation2 = table2?.own.find((one) => one.collection && one.name === navigation1.partner)
      if (table2 === undefined || navigation2 === undefined || navigation2.type !== table1.type.name) continue
      const [here, there] = [`${table1.type.name}.${navigation1.name}`, `${table2.type.name}.${navigation2.name}`]
      if (seen.has(here)) continue
      seen.add(here)
      seen.add(there)
      yield { table1, navigation1, table2, navigation2 }
    }
  }
}

interface Intersect {
  readonly table: FlatType
  readonly column1: string
  readonly column2: string
}

/** The table that has nothing but the two keys, preferably one called like the relationship. */
function intersectOf(ends: Ends, tables: Tables, taken: ReadonlySet<string>): Intersect | undefined {
  const key1 = ends.table1.primaryId
  const key2 = ends.table2.primaryId
  const fits = [...tables.values()].flatMap((table): readonly Intersect[] => {
    if (taken.has(table.type.name)) return []
    const guids = table.properties.filter((one) => one.type === 'Edm.Guid' && one.name !== table.primaryId)
    const [first, second, third] = guids.map((one) => one.name)
    if (first === undefined || second === undefined || third !== undefined) return []
    if (ends.table1 === ends.table2) return selfColumns(table, key1, first, second)
    if (first === key1 && second === key2) return [{ table, column1: first, column2: second }]
    return first === key2 && second === key1 ? [{ table, column1: second, column2: first }] : []
  })
  const wanted = [ends.navigation1.name.toLowerCase(), ends.navigation2.name.toLowerCase()]
  const named = fits.find(({ table }) =>
    wanted.some((name) => name === table.type.name || name.startsWith(table.type.name)),
  )
  return named ?? (fits.length === 1 ? fits[0] : undefined)
}

function selfColumns(table: FlatType, key: string, first: string, second: string): readonly Intersect[] {
  if (!first.startsWith(key) || !second.startsWith(key)) return []
  const [column1, column2] = first.endsWith('two') ? [second, first] : [first, second]
  return [{ table, column1, column2 }]
}
