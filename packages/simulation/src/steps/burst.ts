import { drawUpdate } from './draw-act.ts'
import { anyOf, anyRow, idsOf, tablesOf } from './draw-row.ts'
import { beginWriting } from './enter.ts'
import { outcomesOf } from './outcome.ts'
import type { StepKind } from './step.ts'

/** Several writes of one row, each begun before the one before has ended. They are committed in this order. */
export const burst: StepKind = {
  name: 'burst',
  weight: 3,
  run: async ({ world, device, draw }) => {
    const name = anyOf(draw, tablesOf(device)) ?? ''
    const table = await device.org.masterTable(name)
    const id = anyRow(draw, await idsOf(device, name))
    if (!table || table.intersect || id === undefined) return `no burst of ${name}`
    const coalesce = draw.chance(0.7)
    const acts = []
    for (let count = 2 + draw.below(3); count > 0; count -= 1)
      acts.push(await drawUpdate({ world, device, draw }, table, id))
    const org = draw.pick(device.tabs)
    const writings = acts.map((act) => beginWriting(device, org, [act], { coalesce }))
    const outcomes = await outcomesOf(
      world,
      writings.map(({ done }) => done),
    )
    return writings.flatMap(({ enter }, at) => (outcomes[at] ? [enter(outcomes[at])] : [])).join('; ')
  },
}
