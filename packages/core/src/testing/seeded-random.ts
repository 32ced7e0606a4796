/** A generator of numbers in [0, 1) that gives the same sequence for the same seed, on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    // Mulberry32: 32 bits of state, and good enough to choose what a test does next.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** GUIDs (version 4, lower-case) made of the given randomness. */
export function seededIds(random: () => number): () => string {
  return () => {
    const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16))
    digits[12] = '4'
    digits[16] = '89ab'.charAt(Math.floor(random() * 4))
    return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
}
