import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Report } from './report.ts'

/** Where the page comes from, and whom it tells what it has to say. Every life is served from the same place. */
export interface PageServer {
  readonly url: string
  hear: (report: Report) => void
  ended: () => void
  close(): Promise<void>
}

export async function servePage(): Promise<PageServer> {
  const program = await bundledForPage(new URL('page-program.ts', import.meta.url))
  const page = '<!doctype html><title>A device</title><script type="module" src="/program.js"></script>'
  const server = createServer((request, response) => {
    void (async () => {
      const { url = '/' } = request
      if (url === '/report') served.hear(JSON.parse(await bodyOf(request)) as Report)
      if (url === '/ended') served.ended()
      const type = url === '/program.js' ? 'text/javascript' : 'text/html'
      response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' })
      response.end(url === '/program.js' ? program : url === '/' ? page : '')
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const served: PageServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    hear: () => {},
    ended: () => {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return served
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}

/** One JavaScript module of the program and everything it imports. */
async function bundledForPage(program: URL): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@outpost/source', 'module', 'browser', 'import', 'default'] },
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: { input: fileURLToPath(program) },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  const chunks = output && 'output' in output ? output.output : []
  const [chunk] = chunks.filter((each) => each.type === 'chunk')
  if (!chunk || chunk.type !== 'chunk') throw new Error('nothing was built')
  return chunk.code
}
