import type { Start } from './opfs/messages.ts'
import { ownDatabase } from './opfs/own-database.ts'

// The program of the worker that every tab has. Loaded anywhere else it does nothing.
if ('WorkerGlobalScope' in globalThis) {
  globalThis.addEventListener(
    'message',
    ({ data, ports: [port] }: MessageEvent<Start>) => {
      if (port) void ownDatabase(data, port)
    },
    { once: true },
  )
}
