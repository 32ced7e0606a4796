/**
 * The nodes in groups, every group after those it points to: nodes that can reach each other are one group, all others
 * are alone (Tarjan's algorithm). The order of the nodes is kept where nothing speaks against it.
 */
export function stronglyConnected<T>(
  nodes: readonly T[],
  targets: (node: T) => readonly T[],
): readonly (readonly T[])[] {
  const groups: T[][] = []
  const entered = new Map<T, number>()
  const open: T[] = []
  const isOpen = new Set<T>()
  const order = new Map(nodes.map((node, index) => [node, index]))

  const visit = (node: T): number => {
    const number = entered.size
    entered.set(node, number)
    open.push(node)
    isOpen.add(node)
    let low = number
    for (const target of targets(node)) {
      if (!entered.has(target)) low = Math.min(low, visit(target))
      else if (isOpen.has(target)) low = Math.min(low, entered.get(target) ?? low)
    }
    if (low === number) {
      const group = open.splice(open.lastIndexOf(node))
      for (const member of group) isOpen.delete(member)
      groups.push(group.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0)))
    }
    return low
  }
  for (const node of nodes) if (!entered.has(node)) visit(node)
  return groups
}
