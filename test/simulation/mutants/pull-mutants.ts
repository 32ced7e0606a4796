import type { Mutant } from './mutant.ts'

const PULL = 'packages/core/src/pull/'

/** Mistakes in what a pull writes, removes and remembers. */
export const PULL_MUTANTS: readonly Mutant[] = [
  {
    name: 'dirty-rows-overwritten',
    about: 'A page is written over rows with unsent changes.',
    check: 'I5',
    file: `${PULL}apply-page.ts`,
    find: 'const clean = fresh.filter((row) => !bases.has(row.id))',
    replace: 'const clean = fresh',
  },
  {
    name: 'emptied-column-stays',
    about: 'A column that was emptied on the master keeps its value on the device.',
    check: 'I3',
    file: `${PULL}apply-page.ts`,
    find: 'values: { ...outsideOf(table, values), ...row.values } })',
    replace:
      'values: { ...values, ...Object.fromEntries(Object.entries(row.values).filter(([, value]) => value !== null)) } })',
  },
  {
    name: 'touched-row-keeps-its-version',
    about: 'The new version of a row whose values are the same is not kept.',
    check: 'I3',
    file: `${PULL}apply-page.ts`,
    find: '  if (touched.size > 0) await tx.setVersions(name, touched)\n',
    replace: '',
  },
  {
    name: 'leaver-stays',
    about: 'A row that the master does not show any more is counted as removed, and stays.',
    check: 'I3',
    file: `${PULL}membership.ts`,
    find: '  await tx.deleteRows(table, gone)\n',
    replace: '',
  },
  {
    name: 'dirty-leaver-purged',
    about: 'A row that left the filter is removed although it has unsent changes.',
    check: 'I5',
    file: `${PULL}membership.ts`,
    find: 'const gone = ids.filter((id) => held.has(id) && !bases.has(id))',
    replace: 'const gone = ids.filter((id) => held.has(id))',
  },
  {
    name: 'checkpoint-before-its-page',
    about: 'The checkpoint of a page is committed before its rows are.',
    check: ['I3', 'I4'],
    file: `${PULL}pull-table.ts`,
    find: '  const name = table.metadata.name\n  return store.write(\n',
    replace: `  const name = table.metadata.name
  await store.write('checkpoint first', async (tx) => {
    const stored = await readCheckpoint(tx, name)
    const { everyRow: _, ...kept } = resolved({ ...checkpoint, ...stored }, table)
    await writeCheckpoint(tx, name, { ...kept, master: page.checkpoint, complete: kept.complete || !page.more })
  })
  return store.write(
`,
  },
  {
    name: 'filter-changed-in-vain',
    about: 'Another filter does not make a comparison of all rows due.',
    check: ['I3', 'I4'],
    file: `${PULL}checkpoint.ts`,
    find: "await writeCheckpoint(tx, name, stored.scope === scope ? next : withDue(next, 'filter-changed'))",
    replace: 'await writeCheckpoint(tx, name, next)',
  },
  {
    name: 'standing-changed-in-vain',
    about: 'Another role of the user does not make a comparison of all rows due.',
    check: ['I3', 'I4'],
    file: 'packages/core/src/identity/standing.ts',
    find: "    await makeDue(tx, tables, 'standing-changed')\n",
    replace: '',
  },
  {
    name: 'standing-never-renewed',
    about: 'What the user may do is read once and believed for ever.',
    check: ['I3', 'I4'],
    file: 'packages/core/src/identity/standing.ts',
    find: 'if (standing && isComparable && standing.stamp === kept?.stamp) return before',
    replace: 'if (known && isComparable) return before',
  },
  {
    name: 'added-columns-not-filled',
    about: 'A column that is added to the configuration stays empty in the rows that are here.',
    check: ['I3', 'I4'],
    file: `${PULL}checkpoint.ts`,
    find: 'return typedColumns(table).filter((column) => !columns.includes(column))',
    replace: 'return typedColumns(table).filter((column) => columns.length === 0 && column.length > 0)',
  },
  {
    name: 'tracked-deletion-missed',
    about: 'What change tracking tells of deleted rows is not looked at.',
    check: ['I3', 'I4'],
    file: `${PULL}delta.ts`,
    find: 'page.deleted.filter((id) => held.has(id)),',
    replace: 'page.deleted.filter((id) => !held.has(id)),',
  },
  {
    name: 'owner-change-missed',
    about: 'A row that the mobile-tracking table says was given to somebody else is not looked at again.',
    check: ['I3', 'I4'],
    file: `${PULL}tracking.ts`,
    find: "    if (kind === KIND.ownerChanged && table?.tracking.owners) note(table, [id], 'owner-changed')\n",
    replace: '',
  },
  {
    name: 'removed-link-missed',
    about: 'A link that the mobile-tracking table says was removed is not looked at again.',
    check: ['I3', 'I4'],
    file: `${PULL}tracking.ts`,
    find: "      note(links, ids, 'link-removed')\n",
    replace: '      if (ids.length > 2) return doubts\n',
  },
  {
    name: 'related-rows-forgotten',
    about: 'A change of related rows does not make a comparison due for the rows that are kept because of them.',
    check: ['I3', 'I4'],
    file: `${PULL}dependents.ts`,
    find: 'const dependents = [...tables.values()].filter((other) => relatedTables(other).has(table))',
    replace: "const dependents = [...tables.values()].filter((other) => relatedTables(other).has('') && table === '')",
  },
  {
    name: 'list-cut-short',
    about: 'The first page of the list of all rows is taken for the whole: what is behind it is removed.',
    check: ['I3', 'I5'],
    file: 'packages/dataverse-adapter/src/versions.ts',
    find: '    path = page.next\n',
    replace: '    path = null\n',
  },
  {
    name: 'restored-master-not-noticed',
    about: 'Rows that are older on the master than here are no sign of a restored backup.',
    check: ['I3', 'I4'],
    file: `${PULL}anchors.ts`,
    find: '    if (found.isOlder) {\n',
    replace: '    if (found.isOlder && found.intact.length < 0) {\n',
  },
  {
    name: 'watermark-exact',
    about: 'A pull goes on exactly from where the last one ended: what was being committed meanwhile is never seen.',
    check: ['I3', 'I4'],
    file: 'packages/dataverse-adapter/src/version-trail.ts',
    find: 'export const OVERLAP_MS: number = 5 * 60_000',
    replace: 'export const OVERLAP_MS: number = 0',
  },
]
