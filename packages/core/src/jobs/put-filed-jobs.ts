import type { FiledJob } from '../copy/configuration-file.ts'
import type { StoreWriter } from '../ports/store.ts'
import { begin, underSchedule } from './due.ts'
import { deleteJob, putJob, putProgress, readJobs, readProgress } from './job-store.ts'
import type { KeptJob } from './job-store.ts'
import type { JobDefinition } from './job.ts'

/**
 * Makes the jobs those of a file, in the given store transaction. Those that are as they should be are left alone; those
 * that the file does not name are removed with their logs.
 */
export async function putFiledJobs(tx: StoreWriter, filed: ReadonlyMap<string, FiledJob>, now: number): Promise<void> {
  const present = new Map((await readJobs(tx)).map((job) => [job.name, job]))
  for (const name of present.keys()) if (!filed.has(name)) await deleteJob(tx, name)
  for (const [name, job] of filed) await putFiledJob(tx, present.get(name), { name, ...job }, now)
}

async function putFiledJob(
  tx: StoreWriter,
  present: KeptJob | undefined,
  { name, state, ...job }: FiledJob & { readonly name: string },
  now: number,
): Promise<void> {
  const published = job.published ?? null
  const draft = job.draft ?? null
  const isPublished = published !== null && !isSame(present?.published, published)
  const isActivated = state === 'active' && present?.state !== 'active'
  await putJob(tx, {
    category: 'Job',
    ...(present?.origin ? { origin: present.origin } : {}),
    name,
    state,
    version: (present?.version ?? 0) + Number(isPublished),
    published,
    draft,
  })
  if (published === null || !(isPublished || isActivated)) return
  const before = await readProgress(tx, name)
  if (isActivated) {
    const kept = before && { runs: before.runs, lastSuccessAt: before.lastSuccessAt }
    await putProgress(tx, name, { ...begin(published.schedule, now), ...kept })
  } else if (before) {
    await putProgress(tx, name, underSchedule(before, published.schedule, now))
  }
}

function isSame(one: JobDefinition | null | undefined, other: JobDefinition): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
