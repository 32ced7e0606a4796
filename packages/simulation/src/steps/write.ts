import { drawAct } from './draw-act.ts'
import type { Act } from './act.ts'
import type { Drawing } from './draw-row.ts'
import { beginWriting } from './enter.ts'
import type { StepKind } from './step.ts'
import { inTrouble, OFFLINE } from './trouble.ts'

/** Writes a row or a few, under which the store or the power may fail; what the device refuses at once is no failure. */
export const write: StepKind = {
  name: 'write',
  weight: 25,
  run: async (context) => {
    const { device, draw } = context
    const acts = await drawActs(context, draw.chance(0.15) ? 2 + draw.below(2) : 1)
    const options = { ...(draw.chance(0.1) ? { coalesce: false } : {}), ...drawAfter(context) }
    const org = draw.pick(device.tabs)
    let enter: ReturnType<typeof beginWriting>['enter'] | undefined
    const { outcome, words } = await inTrouble(
      context,
      OFFLINE,
      () => {
        const writing = beginWriting(device, org, acts, options)
        enter = writing.enter
        return writing.done
      },
      { commits: 2 },
    )
    return `${enter?.(outcome)} (${words})`
  },
}

/** Acts of one write; fewer where there is nothing to do. */
export async function drawActs(drawing: Drawing, count: number): Promise<readonly Act[]> {
  const acts: Act[] = []
  for (let each = 0; each < count; each += 1) {
    const act = await drawAct(drawing)
    if (act) acts.push(act)
  }
  return acts
}

/** Some of what was written before, to be waited for. */
function drawAfter({ device, draw }: Drawing): { readonly after?: readonly number[] } {
  const seqs = [...device.book.entries.keys()]
  return draw.chance(0.08) && seqs.length > 0 ? { after: [draw.pick(seqs.slice(-5))] } : {}
}
