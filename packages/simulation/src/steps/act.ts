import type { Draft } from '@outpost/core'
import type { Deed } from '../book.ts'

/** One thing that a draft is told to do, and what the book keeps of it. */
export type Act = (draft: Draft) => readonly Deed[]
