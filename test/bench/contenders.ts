import type { Contender, Place } from './contender.ts'

/** Everything that is measured, loaded only where it runs. `raw` is what the others are compared with. */
export const CONTENDERS = {
  outpost: async (place: Place): Promise<Contender> => (await import('./outpost-contender.ts')).openOutpost(place),
  raw: async (place: Place): Promise<Contender> => (await import('./raw-contender.ts')).openRaw(place),
} as const

export type ContenderName = keyof typeof CONTENDERS
