import type { DeletedKind, MetadataDeletion } from './definitions.ts'

const FIRST_STAMP = 1000

/** All that a change log knew at a moment. */
export interface ChangeLogSnapshot {
  readonly stamps: ReadonlyMap<string, number>
  readonly generations: ReadonlyMap<string, number>
  readonly deletions: readonly MetadataDeletion[]
  readonly stamp: number
  readonly horizon: number
  readonly edition: object
}

/** When which component of a schema changed or went, in stamps: numbers that only rise. */
export class ChangeLog {
  readonly #stamps = new Map<string, number>()
  readonly #generations = new Map<string, number>()
  readonly #deletions: MetadataDeletion[] = []
  #stamp = FIRST_STAMP
  #horizon = 0
  #edition: object = {}

  /** Another object after each change, and again that of the snapshot after going back to one. */
  get edition(): object {
    return this.#edition
  }

  get stamp(): number {
    return this.#stamp
  }

  get horizon(): number {
    return this.#horizon
  }

  /** True while the schema is as it was first defined. */
  get isUntouched(): boolean {
    return this.#stamp === FIRST_STAMP
  }

  advance(): void {
    this.#stamp += 1
    this.#edition = {}
  }

  touch(...metadataIds: readonly string[]): void {
    for (const id of metadataIds) this.#stamps.set(id, this.#stamp)
  }

  stampOf(metadataId: string): number {
    return this.#stamps.get(metadataId) ?? 0
  }

  /** Notes a removal; the next component of that kind and name belongs to a new generation. */
  deleted(kind: DeletedKind, metadataId: string, name: string): void {
    this.#generations.set(`${kind}|${name}`, this.generationOf(kind, name) + 1)
    this.#deletions.push({ kind, metadataId, stamp: this.#stamp })
  }

  generationOf(kind: string, name: string): number {
    return this.#generations.get(`${kind}|${name}`) ?? 0
  }

  deletionsSince(stamp: number): readonly MetadataDeletion[] {
    return this.#deletions.filter((deletion) => deletion.stamp > stamp)
  }

  /** Forgets what was before: the stamps go on from far above, and none from before is valid. */
  startAnew(): void {
    this.#stamp += 100_000
    this.#edition = {}
    this.#horizon = this.#stamp
    this.#deletions.length = 0
    this.#stamps.clear()
  }

  expire(): void {
    this.#stamp += 1
    this.#edition = {}
    this.#horizon = this.#stamp
    this.#deletions.length = 0
  }

  snapshot(): ChangeLogSnapshot {
    return {
      stamps: new Map(this.#stamps),
      generations: new Map(this.#generations),
      deletions: [...this.#deletions],
      stamp: this.#stamp,
      horizon: this.#horizon,
      edition: this.#edition,
    }
  }

  restore({ stamps, generations, deletions, stamp, horizon, edition }: ChangeLogSnapshot): void {
    this.#stamps.clear()
    for (const [id, at] of stamps) this.#stamps.set(id, at)
    this.#generations.clear()
    for (const [name, generation] of generations) this.#generations.set(name, generation)
    this.#deletions.splice(0, this.#deletions.length, ...deletions)
    this.#stamp = stamp
    this.#horizon = horizon
    this.#edition = edition
  }
}
