import { seededRandom } from '@outpost/core/testing'
import { standardColumns, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'

const MARKERS = { tables: { new_marker: { columns: ['new_name'] } } }

/* A table without versions is read in the order of `modifiedon`, which has whole seconds: pages end amid equal ones. */
test.each([3, 8, 21, 38])('rows of the same second that change between pages are not lost (%i)', async (seed) => {
  const there = world()
  const { master, schema, faults } = there.emulator
  schema.addTable({
    schemaName: 'new_Marker',
    objectTypeCode: 10_960,
    displayName: 'Marker',
    columns: [
      text('new_Name'),
      ...standardColumns('new_marker', { ownership: 'UserOwned' }).filter(
        ({ logicalName }) => logicalName !== 'versionnumber',
      ),
    ],
  })
  const random = seededRandom(seed)
  const below = (count: number): number => Math.floor(random() * count)
  const ids = Array.from({ length: 14 }, (_, nth) => master.create('new_marker', { new_name: `Marker ${nth}` }))
  let isBusy = true
  let changes = 0
  let device = await there.device({
    pageSize: 3,
    configuration: MARKERS,
    through: (inner) => ({
      ...inner,
      pull: async (request, signal) => {
        const answer = await inner.pull(request, signal)
        for (let left = isBusy ? below(4) : 0; left > 0; left -= 1) {
          changes += 1
          master.update('new_marker', ids[below(ids.length)] ?? '', { new_name: `Change ${changes}` })
        }
        if (isBusy && below(3) === 0) await there.env.advance(1000)
        return answer
      },
    }),
  })
  for (let turn = 0; turn < 4; turn += 1) {
    isBusy = true
    if (below(3) === 0) faults.add({ nth: 2 + below(5), fault: { kind: 'dropBeforeCommit' } })
    await device.sync().catch(() => {})
    faults.clear()
    if (below(3) === 0) device = await device.crash()
    isBusy = false
    await there.env.advance(3_600_000 * below(3))
  }
  // The first ends the pass that may have been broken off, which has passed some of them by.
  await device.sync()
  await device.sync()
  expect(changes).toBeGreaterThan(4)
  expect(await differences(there, device)).toEqual([])
})
