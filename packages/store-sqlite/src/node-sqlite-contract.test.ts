import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { openNodeSqliteStore } from './open-node-sqlite-store.ts'

const hasNodeSqlite = process.getBuiltinModule?.('node:sqlite') !== undefined

storeContract('node:sqlite', { test: hasNodeSqlite ? test : test.skip, expect }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-'))
  return {
    open: () => openNodeSqliteStore({ path: join(folder, 'client.db') }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
})
