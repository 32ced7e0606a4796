import { OutpostError } from '../errors.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { Configuration } from './configuration.ts'

/** Whether the configuration names tables of a master. */
export function needsMaster(configuration: Configuration): boolean {
  return Object.keys(configuration?.tables ?? {}).length > 0
}

export function notConnected(): OutpostError {
  return new OutpostError('refused', 'this client org is not connected to a master yet', {
    place: { rule: 'not-connected' },
    remedy: 'Call connect() first.',
  })
}

export function cutOff({ url }: MasterIdentity): OutpostError {
  return new OutpostError('refused', `this client org was detached from its master ${url}: it has none`, {
    place: { rule: 'detached' },
    remedy: 'Go on with it as a local org; or call connect(), and configure which tables of the master to add.',
  })
}
