import type { Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { isFull } from './origin-files.ts'
import type { SyncFile } from './origin-files.ts'

/** Fields of SQLite's structures that the package's types leave out. */
interface Versioned {
  $iVersion: number
}
interface Borrowed extends Versioned {
  $xCurrentTime: number
  $xCurrentTimeInt64: number
  $xRandomness: number
  $xSleep: number
}
interface Sized {
  readonly structInfo: { readonly sizeof: number }
}

/**
 * Lets SQLite work on files that are open already, under their names. They are plain SQLite files, and nothing else can have
 * them open: a file that is empty is one that is not there, and locks are not needed.
 *
 * The pool that comes with sqlite-wasm is not used: where it cannot open one of its files it deletes the others, and what it
 * keeps begins with a header of its own (decisions/017-sqlite-in-the-browser.md).
 */
export function installVfs(sqlite: Sqlite3Static, name: string, files: ReadonlyMap<string, SyncFile>): void {
  const { capi, wasm } = sqlite
  const open = new Map<number, SyncFile>()

  function fileOf(pointer: unknown): SyncFile {
    const file = open.get(Number(pointer))
    if (file) return file
    throw new TypeError('SQLite asked for a file that it has not opened')
  }

  /** SQLite takes result codes: what is thrown here is one. */
  function attempt(failure: number, operation: () => void): number {
    try {
      operation()
      return capi.SQLITE_OK
    } catch (error) {
      return isFull(error) ? capi.SQLITE_FULL : failure
    }
  }

  const io = new capi.sqlite3_io_methods()
  ;(io as typeof io & Versioned).$iVersion = 1
  sqlite.vfs.installVfs({
    io: {
      struct: io,
      methods: {
        xClose: (file) => attempt(capi.SQLITE_IOERR_CLOSE, () => void open.delete(Number(file))),
        xRead: (file, into, bytes, offset) => {
          let read = 0
          const place = Number(into)
          const failure = attempt(capi.SQLITE_IOERR_READ, () => {
            read = fileOf(file).read(wasm.heap8u().subarray(place, place + bytes), { at: Number(offset) })
          })
          if (failure || read === bytes) return failure
          wasm.heap8u().fill(0, place + read, place + bytes)
          return capi.SQLITE_IOERR_SHORT_READ
        },
        xWrite: (file, from, bytes, offset) => {
          let written = 0
          const place = Number(from)
          const failure = attempt(capi.SQLITE_IOERR_WRITE, () => {
            written = fileOf(file).write(wasm.heap8u().subarray(place, place + bytes), { at: Number(offset) })
          })
          return failure || (written === bytes ? capi.SQLITE_OK : capi.SQLITE_FULL)
        },
        xTruncate: (file, bytes) => attempt(capi.SQLITE_IOERR_TRUNCATE, () => fileOf(file).truncate(Number(bytes))),
        xSync: (file) => attempt(capi.SQLITE_IOERR_FSYNC, () => fileOf(file).flush()),
        xFileSize: (file, out) =>
          attempt(capi.SQLITE_IOERR_FSTAT, () => void wasm.poke64(out, BigInt(fileOf(file).getSize()))),
        xLock: () => capi.SQLITE_OK,
        xUnlock: () => capi.SQLITE_OK,
        xCheckReservedLock: (_, out) => attempt(capi.SQLITE_IOERR, () => void wasm.poke32(out, 0)),
        xFileControl: () => capi.SQLITE_NOTFOUND,
        xSectorSize: () => 4096,
        xDeviceCharacteristics: () => capi.SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN,
      },
    },
  })

  const vfs = new capi.sqlite3_vfs()
  vfs.$szOsFile = (capi.sqlite3_file as typeof capi.sqlite3_file & Sized).structInfo.sizeof
  vfs.$mxPathname = 512
  vfs.$zName = wasm.allocCString(name, false)
  const usual = new capi.sqlite3_vfs(capi.sqlite3_vfs_find(null))
  const { $xCurrentTime, $xCurrentTimeInt64, $xRandomness, $xSleep } = usual as typeof usual & Borrowed
  const borrowed = { $xCurrentTime, $xCurrentTimeInt64, $xRandomness, $xSleep }
  Object.assign(vfs as typeof vfs & Borrowed, { $iVersion: 2, ...borrowed })
  usual.dispose()
  const named = (pointer: unknown): SyncFile | undefined =>
    files.get(wasm.cstrToJs(pointer as never)?.replace(/^\//, '') ?? '')
  sqlite.vfs.installVfs({
    vfs: {
      struct: vfs,
      methods: {
        xOpen: (_, path, pointer, flags, outFlags) => {
          const file = named(path)
          if (!file) return capi.SQLITE_CANTOPEN
          open.set(Number(pointer), file)
          const opened = new capi.sqlite3_file(pointer)
          opened.$pMethods = io.pointer
          opened.dispose()
          wasm.poke32(outFlags, flags)
          return capi.SQLITE_OK
        },
        xDelete: (_, path) =>
          attempt(capi.SQLITE_IOERR_DELETE, () => {
            named(path)?.truncate(0)
            named(path)?.flush()
          }),
        xAccess: (_, path, __, out) =>
          attempt(capi.SQLITE_IOERR_ACCESS, () => void wasm.poke32(out, (named(path)?.getSize() ?? 0) > 0 ? 1 : 0)),
        xFullPathname: (_, path, bytes, out) =>
          wasm.cstrncpy(out, path, bytes) < bytes ? capi.SQLITE_OK : capi.SQLITE_CANTOPEN,
        xGetLastError: () => 0,
      },
    },
  })
}
