import { readFileSync } from 'node:fs'

/**
 * The most memory that this process has had in RAM so far, in MB.
 *
 * Linux hands the peak of a process on to the program that is started in its place, so that `maxRSS` of a run is at
 * least that of the process with the server; `VmHWM` begins anew (proc_pid_status(5)).
 */
export function peakMemory(): number {
  const own = process.platform === 'linux' ? ownPeak() : undefined
  return (Number(own ?? process.resourceUsage().maxRSS) * 1024) / 1e6
}

function ownPeak(): string | undefined {
  return /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
}
