/** Whether two pieces of plain JSON say the same. A member that is undefined is none. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [mine, theirs] = [membersOf(one), membersOf(other)]
  return mine.length === theirs.length && mine.every(([name, value]) => isSame(value, Reflect.get(other, name)))
}

function membersOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}
