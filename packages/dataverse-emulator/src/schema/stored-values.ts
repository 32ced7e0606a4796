/**
 * One column's value as the emulator keeps it. `null` and an absent key both mean "no value".
 *
 * | column type | stored as |
 * | --- | --- |
 * | String, Memo | text |
 * | Integer, Double, Picklist, State, Status | number |
 * | Decimal, Money, BigInt | number, or decimal text (`"922337203685477.1234"`) where a double cannot hold it exactly |
 * | Boolean | boolean |
 * | MultiSelectPicklist | text as on the wire, ascending: `"1,2,3"` |
 * | DateTime UserLocal and TimeZoneIndependent | `YYYY-MM-DDTHH:mm:ssZ`, whole seconds |
 * | DateTime DateOnly | `YYYY-MM-DD` |
 * | Lookup, Customer, Owner | lower-case guid under the column; the target table under `targetKey(column)` when the column has more than one target |
 * | Uniqueidentifier, File, Image | lower-case guid |
 * | EntityName | logical name of a table |
 *
 * Shadow columns (`attributeOf` set) and Virtual columns are never stored.
 */
export type StoredValue = string | number | boolean | null

/** A row's values by logical column name (lookups too: `primarycontactid`, not `_primarycontactid_value`). */
export type StoredValues = Readonly<Record<string, StoredValue>>

/** The key under which a polymorphic lookup's target table stands beside its guid. */
export function targetKey(column: string): string {
  return `${column}@table`
}
