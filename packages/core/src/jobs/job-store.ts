import type { Json } from '../metadata.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import type { JobProgress } from './due.ts'
import type { Job, JobDefinition, JobRun } from './job.ts'

/** A job with what is known of where it came from. */
export interface KeptJob extends Job {
  /** Only of a job that was made here: by which version of the template, and as what. What differs was edited since. */
  readonly origin?: { readonly template: number; readonly definition: JobDefinition }
}

/** A run with the name of who runs it. */
export interface KeptRun extends JobRun {
  readonly owner: string
  /** Counts the runs of all jobs: clocks are set back. Absent in what an older version stored. */
  readonly turn?: number
}

/** Who runs a job at this moment; nobody when the time is over. */
export interface RunLease {
  readonly owner: string
  readonly job: string
  readonly from: number
  readonly until: number
}

/** So many runs of each job are kept, the newest. */
const RUNS_KEPT = 100

const JOB = 'job/'
const PROGRESS = 'job-progress/'
const RUN = 'job-run/'
const LEASE = 'job-lease'
const TURNS = 'runs-begun'

export async function readJobs(tx: StoreReader): Promise<readonly KeptJob[]> {
  return (await tx.values(JOB)).map(({ value }) => kept<KeptJob>(value))
}

export async function readJob(tx: StoreReader, name: string): Promise<KeptJob | undefined> {
  return kept(await tx.value(JOB + name))
}

export async function putJob(tx: StoreWriter, job: KeptJob): Promise<void> {
  await tx.setValue(JOB + job.name, asJson(job))
}

/** Removes the job with its progress and its log. */
export async function deleteJob(tx: StoreWriter, name: string): Promise<void> {
  for (const { key } of await tx.values(runPrefix(name))) await tx.setValue(key, undefined)
  await tx.setValue(PROGRESS + name, undefined)
  await tx.setValue(JOB + name, undefined)
}

export async function readProgress(tx: StoreReader, name: string): Promise<JobProgress | undefined> {
  return kept(await tx.value(PROGRESS + name))
}

export async function putProgress(tx: StoreWriter, name: string, progress: JobProgress | undefined): Promise<void> {
  await tx.setValue(PROGRESS + name, progress && asJson(progress))
}

/** All runs that are kept of a job, in the order in which they began. */
export async function readRuns(tx: StoreReader, name: string): Promise<readonly KeptRun[]> {
  return (await tx.values(runPrefix(name))).map(({ value }) => kept<KeptRun>(value))
}

export async function readRun(tx: StoreReader, name: string, number: number): Promise<KeptRun | undefined> {
  return kept(await tx.value(runKey(name, number)))
}

/** Keeps a run, and removes the one that is too old. */
export async function putRun(tx: StoreWriter, run: KeptRun): Promise<void> {
  await tx.setValue(runKey(run.job, run.number), asJson(run))
  await tx.setValue(runKey(run.job, run.number - RUNS_KEPT), undefined)
}

/** The next number for a run among those of all jobs. */
export async function nextTurn(tx: StoreWriter): Promise<number> {
  const turn = (kept<number | undefined>(await tx.value(TURNS)) ?? 0) + 1
  await tx.setValue(TURNS, turn)
  return turn
}

/** For sorting runs of several jobs, the newest first. */
export function newestFirst(one: KeptRun, other: KeptRun): number {
  return (other.turn ?? 0) - (one.turn ?? 0) || other.startedAt - one.startedAt
}

export async function dropRun(tx: StoreWriter, { job, number }: KeptRun): Promise<void> {
  await tx.setValue(runKey(job, number), undefined)
}

export async function readLease(tx: StoreReader): Promise<RunLease | undefined> {
  return kept(await tx.value(LEASE))
}

export async function putLease(tx: StoreWriter, lease: RunLease | undefined): Promise<void> {
  await tx.setValue(LEASE, lease && asJson(lease))
}

function runPrefix(name: string): string {
  return `${RUN}${name}/`
}

function runKey(name: string, number: number): string {
  return runPrefix(name) + String(Math.max(0, number)).padStart(10, '0')
}

/** Nobody else writes under these keys. */
function kept<T>(value: Json | undefined): T {
  return value as T
}

/** Everything kept here is plain JSON by its type. */
function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
