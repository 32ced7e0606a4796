export const HELP = `npm run bench -- [all | w1 | w2 | w3 …] [options]
                  [cycle] [queue] [serve] [load] [options]

Measures Outpost against what can be written by hand for one table ("raw", the limit) and against its peers.

  w1            first download: everything, until it can be queried by 3 indexes
  w2            incremental pulls of --changes changes each, deletions among them
  w3            durable writes (row and transaction, synchronous=FULL), one by one and at once
  w4            a queue is sent to a server that answers late, and to one that also takes its time for every operation
  w5            cold start to the first query
  w6            a live query, and changes of the rows that it shows
  w7            deletions are found by the mobile-tracking table, and by the list of all ids

  cycle         incremental syncs by size of the table, number of changes and strategy: requests, bytes, rows read from the
                store and written, time
  queue         many pending transactions are drained: requests, reads of the store, bodies held, time
  serve         pages of 5,000 rows of 30 columns from the emulator, beside the same page already serialised
  load          an emulator of so many rows: time and memory

  --rows N,N    rows on the server, one table for each number (10,000; serve: 60,000; load: 1,000,000; cycle:
                2000,10000,100000)
  --browser     in Chromium, with the contenders and the workloads that there are for it
  --store S,S   where Outpost and raw keep them: sqlite; in Chromium: dexie,opfs (both, the latter as outpost-opfs, raw-opfs)
  --contenders A,B  only these, of those that a workload has
  --runs N      runs of each contender that count (5); one more before them does not,
  --no-warm-up  unless this is given
  --changes N,N w2: changes before each pull (100,1000); cycle: before each sync (0,10,100,1000)
  --deletions N w7: rows deleted (1,000)
  --writes N    w3: writes one by one (300)
  --burst N     w3: writes at once (1,000)
  --pending N   w4, w5: pending transactions (1,000); queue: the same (10,000)
  --page-size N rows per page (5,000)
  --seed N      another seed, other rows (1; at most 2147483647)
  --json FILE   writes every value there too, with the commit, the machine and the versions of what was measured
  --profile DIR writes a CPU profile of each run in Node there, for a browser's developer tools; times then mean less
  --time-limit S  seconds that one run may take before it is ended (120, 5 more for each 1,000 rows and 100 more for each
                1,000 of --pending)
  --help        prints this

Each run is a process of its own on files of its own, beside a page server that has made its answers before. Contenders
take turns. Only ratios of one invocation mean anything, and those of one run (--runs 1) little: nothing tells how far times
spread. What every contender holds in the end, and what its queries show, is compared with what the generator of the rows says.
The exit code is 1 when a contender ends with other data or shows others, the emulator serves at less than a fifth of
the limit's rate or an incremental sync costs more because the table is larger, 2 when the bench could not run.
`
