import type { Connection } from './connection.ts'

/** Marks a SQLite file as an Outpost database: the bytes of `OUTP`. */
export const APPLICATION_ID = 0x4f555450

/** The version of the schema below. A file with a higher one was written by a newer release. */
export const SCHEMA_VERSION = 1

export const PAGE_SIZE = 16_384

/*
 * Beside these there is one SQL table `rows/<name>` for each table of the client org, made by define-tables.ts.
 * `outbox.transaction` and `bases.row` are JSON; what they are looked up by stands in columns beside it.
 */
const SCHEMA = `
  CREATE TABLE catalogue (stamp INTEGER NOT NULL, tables TEXT NOT NULL);
  INSERT INTO catalogue VALUES (0, '[]');
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE bases (
    "table" TEXT NOT NULL, id TEXT NOT NULL, version TEXT, local TEXT NOT NULL, row TEXT,
    PRIMARY KEY ("table", id)
  ) WITHOUT ROWID;
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, body TEXT NOT NULL);
  CREATE INDEX outbox_by_status ON outbox (status);
  CREATE TABLE outbox_touches (key TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) WITHOUT ROWID;
`

/** Makes an empty file an Outpost database, in one transaction. */
export function createSchema(connection: Connection): void {
  connection.pragma(`page_size = ${PAGE_SIZE}`)
  // Made before WAL is switched on, so that the marks stand in the file itself: a file is judged by its own header.
  connection.exec(`
    BEGIN EXCLUSIVE;
    ${SCHEMA}
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${SCHEMA_VERSION};
    COMMIT;
  `)
}
