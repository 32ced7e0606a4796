import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { openSqliteStore } from './open-sqlite-store.ts'

storeContract('sqlite', { test, expect }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-'))
  return {
    open: () => openSqliteStore({ path: join(folder, 'client.db') }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
})
