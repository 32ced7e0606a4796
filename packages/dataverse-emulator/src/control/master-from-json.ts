import type { Emulator } from '../emulator-interface.ts'
import { checkWait } from '../faults/check-rule.ts'
import type { As, Master, MasterValue, MasterValues } from '../master.ts'
import { FieldError, Fields } from './fields.ts'

function valueFrom(fields: Fields, name: string): MasterValue {
  const value = fields.raw(name)
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  return fields.reference(name)
}

function valuesFrom(fields: Fields): MasterValues {
  return Object.fromEntries(fields.names.map((name) => [name, valueFrom(fields, name)]))
}

function change(master: Master, value: unknown, path: string): unknown {
  const fields = new Fields(value, path)
  const kind = fields.oneOf('do', ['create', 'update', 'remove', 'assign', 'associate', 'disassociate', 'touch'])
  const table = fields.text('table')
  const as: As = fields.optional('as', (name) => fields.text(name))
  const run = (): unknown => {
    switch (kind) {
      case 'create': {
        const options = { ...as, ...fields.optional('id', (name) => fields.text(name)) }
        const values = valuesFrom(fields.fields('values'))
        fields.end()
        return { id: master.create(table, values, options) }
      }
      case 'update': {
        const [id, values] = [fields.text('id'), valuesFrom(fields.fields('values'))]
        fields.end()
        master.update(table, id, values, as)
        return undefined
      }
      case 'remove': {
        const id = fields.text('id')
        fields.end()
        master.remove(table, id, as)
        return undefined
      }
      case 'assign': {
        const [id, owner] = [fields.text('id'), fields.reference('owner')]
        fields.end()
        master.assign(table, id, owner, as)
        return undefined
      }
      case 'associate':
      case 'disassociate': {
        const [id, navigation, target] = [fields.text('id'), fields.text('navigation'), fields.reference('target')]
        fields.end()
        const done = master[kind](table, id, navigation, target, as)
        return done === false ? { removed: false } : undefined
      }
      case 'touch': {
        const id = fields.text('id')
        fields.end()
        master.touch(table, id)
        return undefined
      }
    }
  }
  return run() ?? {}
}

/** Makes one change, or a list of them in one transaction; `commitAfterMs` makes it one that commits late. */
export function changeRow(emulator: Emulator, body: unknown): unknown {
  const isList = Array.isArray(body)
  const given = new Fields(isList ? {} : body)
  const lateMs = given.has('commitAfterMs') ? given.number('commitAfterMs') : undefined
  if (lateMs !== undefined) checkWait('commitAfterMs', lateMs)
  const {
    commitAfterMs: _,
    steps,
    ...single
  } = isList ? { steps: body as unknown } : Object.fromEntries(given.names.map((name) => [name, given.raw(name)]))
  if (steps !== undefined && !Array.isArray(steps)) throw new FieldError('steps', 'must be a list')
  const results: unknown[] = []
  const run = (master: Master): void => {
    if (Array.isArray(steps)) steps.forEach((one, at) => results.push(change(master, one, `[${at}]`)))
    else results.push(change(master, single, ''))
  }
  if (lateMs === undefined) run(emulator.master)
  else emulator.delayedCommit(lateMs, run)
  return Array.isArray(steps) ? results : results[0]
}
