import { OutpostError } from '../errors.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { checkDefinition, checkName } from './check-definition.ts'
import { begin } from './due.ts'
import type { JobDefinition, JobState } from './job.ts'
import { deleteJob, putJob, putProgress, readJob, readJobs, readProgress } from './job-store.ts'

/** A job as it stands in a file: without its runs. */
export interface JobFile {
  readonly name: string
  readonly category: 'Job'
  readonly state: JobState
  /** What it runs by; absent where it was never published. */
  readonly published?: JobDefinition
  /** What was edited since; absent where nothing was. */
  readonly draft?: JobDefinition
}

/** All jobs, for a file. */
export async function exportJobs(tx: StoreReader): Promise<readonly JobFile[]> {
  return (await readJobs(tx)).map(({ name, category, state, published, draft }) => ({
    name,
    category,
    state,
    ...(published ? { published } : {}),
    ...(draft ? { draft } : {}),
  }))
}

/** Reads the jobs of a file. Throws `invalid` for the first rule that is broken, naming it. */
export function checkJobFiles(given: unknown, now: number): readonly JobFile[] {
  if (!Array.isArray(given)) throw wrong('jobs are a list')
  const jobs = given.map((each: unknown) => checkJobFile(each, now))
  if (new Set(jobs.map(({ name }) => name)).size < jobs.length) throw wrong('two jobs have the same name')
  return jobs
}

/** Makes the jobs what the file says: others are removed; one that stays as it was keeps its time and its log. */
export async function importJobs(tx: StoreWriter, jobs: readonly JobFile[], now: number): Promise<void> {
  const names = new Set(jobs.map(({ name }) => name))
  for (const { name } of await readJobs(tx)) if (!names.has(name)) await deleteJob(tx, name)
  for (const { name, category, state, published = null, draft = null } of jobs) {
    const before = await readJob(tx, name)
    const isSame = JSON.stringify(before?.published ?? null) === JSON.stringify(published)
    const version = before && isSame ? before.version : (before?.version ?? 0) + (published ? 1 : 0)
    await putJob(tx, { ...before, name, category, state, published, draft, version })
    if (state !== 'active' || !published || (isSame && before?.state === 'active')) continue
    const progress = await readProgress(tx, name)
    const kept = progress && { runs: progress.runs, lastSuccessAt: progress.lastSuccessAt }
    await putProgress(tx, name, { ...begin(published.schedule, now), ...kept })
  }
}

function checkJobFile(given: unknown, now: number): JobFile {
  if (typeof given !== 'object' || given === null) throw wrong('a job is an object')
  const job = given as Readonly<Record<string, unknown>>
  const { name, category, state, published, draft } = job
  const unknown = Object.keys(job).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw wrong(`a job has no '${unknown}'`)
  checkName(name)
  if (category !== 'Job') throw wrong(`job '${name}': the category is 'Job'`)
  if (state !== 'draft' && state !== 'published' && state !== 'active') {
    throw wrong(`job '${name}': the state is draft, published or active`)
  }
  if ((published === undefined) !== (state === 'draft') || (state === 'draft' && draft === undefined)) {
    throw wrong(`job '${name}': a draft has a draft and nothing published, any other job has something published`)
  }
  return {
    name,
    category,
    state,
    ...(published === undefined ? {} : { published: checkDefinition(published, now) }),
    ...(draft === undefined ? {} : { draft: checkDefinition(draft, now) }),
  }
}

const KEYS: readonly string[] = ['name', 'category', 'state', 'published', 'draft'] satisfies (keyof JobFile)[]

function wrong(message: string): OutpostError {
  return new OutpostError('invalid', `jobs: ${message}`, { place: { rule: 'job-file' } })
}
