import { parentPort, workerData } from 'node:worker_threads'
import { ScenarioError } from './scenario-error.ts'
import { scenarioOf } from './scenario-module.ts'
import { laneOf } from './search.ts'
import type { Chunk } from './search.ts'
import type { WorkerSaid, WorkerTask } from './workers.ts'

const { module, shape } = workerData as WorkerTask
const scenario = scenarioOf(module)
// It is waited for with the first chunk.
scenario.catch(() => {})

function say(said: WorkerSaid): void {
  parentPort?.postMessage(said)
}

async function search(chunk: Chunk): Promise<void> {
  try {
    const lane = laneOf(await scenario, shape)
    say({ begun: chunk.first })
    const searched = await lane(chunk, (run, isBad) => {
      say({ run, isBad })
      say({ begun: run + 1 })
    })
    say({ searched })
  } catch (error) {
    if (error instanceof ScenarioError) say({ failed: error.message, isScenario: true })
    else say({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error), isScenario: false })
  }
}

parentPort?.on('message', (chunk: Chunk) => void search(chunk))
