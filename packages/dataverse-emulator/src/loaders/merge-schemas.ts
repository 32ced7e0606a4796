import type { ManyToManyDraft, OneToManyDraft, SchemaDraft, TableDraft } from '../schema.ts'

/** Two schemas as one; what both describe is taken from the first. */
export function mergeSchemas(first: SchemaDraft, second: SchemaDraft): SchemaDraft {
  const tables = byName(first.tables)
  const own = first.oneToMany ?? []
  const told = new Set(own.flatMap((one) => [navigation(one), collection(one)]))
  const names = new Set([...own, ...(first.manyToMany ?? [])].map((one) => one.schemaName))
  const links = first.manyToMany ?? []
  const linked = new Set(links.flatMap(ends))
  const choices = first.globalChoices ?? []
  const chosen = new Set(choices.map((one) => one.name))
  const columnsOf = (name: string): ReadonlySet<string> | undefined =>
    tables.has(name) ? new Set(tables.get(name)?.columns.map((column) => column.logicalName)) : undefined
  const fits = (one: OneToManyDraft): boolean => {
    const columns = columnsOf(one.referencingTable)
    return columns === undefined || columns.has(one.referencingColumn)
  }
  const others = (second.oneToMany ?? []).filter(
    (one) => !names.has(one.schemaName) && !told.has(navigation(one)) && !told.has(collection(one)) && fits(one),
  )
  return {
    tables: [...first.tables, ...second.tables.filter((table) => !tables.has(table.schemaName.toLowerCase()))],
    oneToMany: [...own, ...others],
    manyToMany: [
      ...links,
      ...(second.manyToMany ?? []).filter(
        (one) => !names.has(one.schemaName) && !ends(one).some((end) => linked.has(end)),
      ),
    ],
    globalChoices: [...choices, ...(second.globalChoices ?? []).filter((one) => !chosen.has(one.name))],
  }
}

function byName(tables: readonly TableDraft[]): ReadonlyMap<string, TableDraft> {
  return new Map(tables.map((table) => [table.schemaName.toLowerCase(), table]))
}

function navigation(one: OneToManyDraft): string {
  return `${one.referencingTable}>${one.referencingNavigation}`
}

function collection(one: OneToManyDraft): string {
  return `${one.referencedTable}<${one.referencedNavigation}`
}

function ends(one: ManyToManyDraft): readonly string[] {
  return [`${one.table1}.${one.navigation1}`, `${one.table2}.${one.navigation2}`]
}
