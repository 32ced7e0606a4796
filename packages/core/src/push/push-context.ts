import type { Catalogue } from '../copy/catalogue.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import type { OutpostEvent } from '../events.ts'
import type { Agenda } from '../outbox/agenda.ts'
import type { ReadinessContext } from '../outbox/readiness.ts'
import type { Pace } from './pace.ts'
import type { MasterOrg, UserFacts } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'

/** What a push works with. Agenda and pace outlive it. */
export interface PushContext extends UserFacts {
  readonly store: Store
  readonly master: MasterOrg
  readonly catalogue: Catalogue
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly env: Env
  readonly agenda: Agenda
  readonly pace: Pace
  readonly organizationId: string
  readonly tenantId?: string
  readonly userId: string
  /** Names this client org object among all that may have the store open. */
  readonly owner: string
  emit(event: OutpostEvent): void
}

export function readinessOf(context: Omit<ReadinessContext, 'now'> & Pick<PushContext, 'env'>): ReadinessContext {
  const { tables, organizationId, tenantId, userId, owner, env, businessUnitId, teamIds, timeZone } = context
  return {
    organizationId,
    ...(tenantId === undefined ? {} : { tenantId }),
    userId,
    ...(businessUnitId === undefined ? {} : { businessUnitId }),
    ...(teamIds === undefined ? {} : { teamIds }),
    ...(timeZone === undefined ? {} : { timeZone }),
    tables,
    owner,
    now: env.now(),
  }
}
