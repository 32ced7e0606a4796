import { Draw } from '../seed/draw.ts'
import { checkRule } from './check-rule.ts'
import type { KnownNames } from './check-rule.ts'
import type { Fault, FaultMatch, FaultRule, FaultSubject } from './fault.ts'

function meets(text: string | null, wanted: string | RegExp | true): boolean {
  if (text === null) return false
  if (wanted === true) return true
  return typeof wanted === 'string' ? text === wanted : text.search(wanted) >= 0
}

function fits(match: FaultMatch, subject: FaultSubject): boolean {
  const { method, path, user, headers, body, table, batch, part = false } = match
  if (part !== (subject.place === 'part')) return false
  if (batch !== undefined && batch !== (subject.place === 'batch')) return false
  if (method !== undefined && ![method].flat().includes(subject.method)) return false
  if (user !== undefined && user !== subject.user?.id && user !== subject.user?.name) return false
  if (table !== undefined && table !== subject.table) return false
  if (path !== undefined && subject.target.search(path) < 0) return false
  if (body !== undefined && subject.body.search(body) < 0) return false
  return Object.entries(headers ?? {}).every(([name, wanted]) => meets(subject.headers.get(name), wanted))
}

interface Armed {
  readonly rule: FaultRule
  readonly draw: Draw
  met: number
  struck: number
}

/** The faults that are armed. Rules are counted each for itself; several that strike the same request act together. */
export class Faults {
  readonly #seedNumber: number
  readonly #known: () => KnownNames
  #rules: Armed[] = []
  #added = 0
  #strikes = 0

  /** The seed decides what rules with a probability hit; `known` tells what rules may name when they are armed. */
  constructor(known: () => KnownNames, seedNumber = 1) {
    this.#known = known
    this.#seedNumber = seedNumber
  }

  /** How many requests were struck so far. */
  get strikes(): number {
    return this.#strikes
  }

  /** The rules that are armed, and how often each has struck. */
  get armed(): readonly { readonly rule: FaultRule; readonly struck: number }[] {
    return this.#rules.map(({ rule, struck }) => ({ rule, struck }))
  }

  /** Throws a RangeError for a rule that `add` would refuse. */
  check(rule: FaultRule): void {
    checkRule(rule, this.#known())
  }

  /** Arms a fault; the result disarms it again. A rule that could never strike is refused with a RangeError. */
  add(rule: FaultRule): () => void {
    this.check(rule)
    // Each rule has draws of its own, so that adding another one does not change what it hits.
    const draw = new Draw(`fault ${this.#seedNumber} ${this.#added++}`)
    const armed: Armed = { rule, draw, met: 0, struck: 0 }
    this.#rules.push(armed)
    return () => {
      this.#rules = this.#rules.filter((one) => one !== armed)
    }
  }

  /** Disarms all; rules that are added from now on draw as the first ones did. */
  clear(): void {
    this.#rules = []
    this.#added = 0
  }

  /** Counts the request with every rule it matches and gives the faults that strike it, in the order they were added. */
  strike(subject: FaultSubject): readonly Fault[] {
    const faults: Fault[] = []
    for (const armed of this.#rules) {
      const { match = {}, nth = 1, probability, fault } = armed.rule
      const { times = probability === undefined ? 1 : Number.POSITIVE_INFINITY } = armed.rule
      if (!fits(match, subject)) continue
      armed.met++
      const isHit = probability === undefined || armed.draw.chance(probability)
      if (!isHit || armed.met < nth || armed.struck >= times) continue
      armed.struck++
      faults.push(fault)
    }
    if (faults.length > 0) this.#strikes++
    return faults
  }
}
