/*
 * What every store is made of, without the engine: a worker that keeps a database loads nothing else of the core.
 */
export { systemEnv } from './env.ts'
export { OutpostError } from './errors.ts'
export { isCanonicalGuid } from './row.ts'
export { checkTables, planScan } from './rows/index-order.ts'
export { ChangeListeners, ChangeLog } from './store/change-log.ts'
export { runBody } from './store/run-body.ts'
export { SerialQueue } from './store/serial-queue.ts'
export { placeValues } from './store/stored-values.ts'
