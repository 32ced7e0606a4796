import { contentsOf } from '../data/contents.ts'
import type { Contender, Place } from './contender.ts'
import { pullPages } from './wire.ts'

/** What the network and JSON.parse alone take: it reads every page and keeps nothing. */
export async function openFloor({ url, pageSize, deletions }: Place): Promise<Contender> {
  const pages = pullPages(url, pageSize, deletions)
  return {
    pull: async () => {
      while (!(await pages.next()).done);
    },
    contents: () => contentsOf([], 0),
    close: async () => {},
  }
}
