// The clients of MCP from npm against `tix mcp`: client.mjs sdk|default|auto|legacy|VERSION TIX CLONE.

import assert from 'node:assert'

const [mode, tix, clone] = process.argv.slice(2)

async function connect() {
    const info = { name: 'tests', version: '1' }
    const server = { command: tix, args: ['mcp'], cwd: clone }
    if (mode === 'sdk') {
        const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
        const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
        const client = new Client(info)
        await client.connect(new StdioClientTransport(server))
        return client
    }
    const { Client } = await import('@modelcontextprotocol/client')
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
    const pinned = /^\d/.test(mode) ? { pin: mode } : mode
    const client = new Client(info, mode === 'default' ? {} : { versionNegotiation: { mode: pinned } })
    await client.connect(new StdioClientTransport(server))
    return client
}

const client = await connect()
const { tools } = await client.listTools()
assert.deepEqual(tools.map((tool) => tool.name), ['next', 'list', 'show', 'status', 'claim', 'finish', 'note', 'new'])
const made = await client.callTool({ name: 'new', arguments: { tickets: [{ title: `From ${mode}`, body: '- [ ] a\n' }] } })
const { ticket } = made.structuredContent
const held = await client.callTool({ name: 'claim', arguments: { ticket } })
assert(held.structuredContent.workspace.path, JSON.stringify(held))
const missing = await client.callTool({ name: 'show', arguments: { ticket: 'no such ticket' } })
assert(missing.isError && missing.content[0].text.startsWith('not found: '), JSON.stringify(missing))
await assert.rejects(client.callTool({ name: 'frobnicate', arguments: {} }), (error) => error.code === -32602)

let heard
const progress = new Promise((resolve) => (heard = resolve))
const stop = new AbortController()
const options = { onprogress: heard, signal: stop.signal, timeout: 60_000 }
const call = { name: 'claim', arguments: { wait: '1h' } }
const waiting = mode === 'sdk' ? client.callTool(call, undefined, options) : client.callTool(call, options)
waiting.catch(() => {})
await Promise.race([progress, waiting.then((early) => assert.fail(JSON.stringify(early)))])
stop.abort()
await assert.rejects(waiting)
const back = await client.callTool({ name: 'finish', arguments: { how: 'release', ticket } })
assert(!back.isError, JSON.stringify(back))
await client.close()
