/** What runs have met, and how often: by group (`step`, `fault`, `move`, …) and name. */
export class Coverage {
  readonly #counts: Map<string, Map<string, number>>

  constructor(counts: Readonly<Record<string, Readonly<Record<string, number>>>> = {}) {
    this.#counts = new Map(Object.entries(counts).map(([group, names]) => [group, new Map(Object.entries(names))]))
  }

  count(group: string, name: string, times = 1): void {
    const names = this.#counts.get(group) ?? new Map<string, number>()
    this.#counts.set(group, names.set(name, (names.get(name) ?? 0) + times))
  }

  add(other: Coverage): void {
    for (const [group, names] of other.#counts) for (const [name, times] of names) this.count(group, name, times)
  }

  /** By group, the names that were never counted; groups of which none is missing are left out. */
  lacking(names: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
    const never = Object.entries(names).map(([group, all]): [string, readonly string[]] => {
      const counted = this.#counts.get(group)
      return [group, all.filter((name) => !counted?.has(name))]
    })
    return Object.fromEntries(never.filter(([, missing]) => missing.length > 0))
  }

  /** As plain JSON, which the constructor takes. */
  toJSON(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries([...this.#counts].map(([group, names]) => [group, Object.fromEntries(names)]))
  }
}
