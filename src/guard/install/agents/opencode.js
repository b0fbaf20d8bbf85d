// The guard of tix in opencode: before a tool is used, and after it; and the session's name for tix.
// Written by `tix hook install --agents opencode`, which also brings it up to date.
import { spawnSync } from "node:child_process"

// These change nothing. Whatever is not named here is asked about.
const readers = ["glob", "grep", "list", "lsp", "question", "read", "skill", "task", "todoread", "todowrite", "webfetch", "websearch"]

const ask = (moment, { tool }, session, args = {}, directory) => {
  // A tool of a server is called <server>_<tool>.
  const name = tool.includes("_") && tool !== "apply_patch" ? `mcp_${tool}` : tool
  const cwd = args.workdir ?? directory
  const event = { hook_event_name: moment, session_id: session, cwd, tool_name: name, tool_input: args }
  return spawnSync("tix", ["hook", "opencode"], { input: JSON.stringify(event), cwd: directory, encoding: "utf8", timeout: 10000 })
}

// opencode gives a subagent a session below that of its agent; to tix both are one.
const roots = new Map()
const root = async (client, id) => {
  if (!roots.has(id)) {
    const answer = await client?.session.get({ path: { id } }).catch(() => undefined)
    if (!answer?.data) return id
    const parent = answer.data.parentID
    roots.set(id, parent ? await root(client, parent) : id)
  }
  return roots.get(id)
}

export const Tix = async ({ client, directory }) => ({
  "tool.execute.before": async (input, output) => {
    if (readers.includes(input.tool)) return
    const session = await root(client, input.sessionID)
    const { status, stderr, error } = ask("PreToolUse", input, session, output.args, directory)
    if (status === 0) return
    throw new Error(stderr || `The guard cannot be asked, so nothing is run: tix hook opencode: ${error?.message ?? `exit ${status}`}`)
  },
  "tool.execute.after": async (input, output) => {
    if (readers.includes(input.tool)) return
    const session = await root(client, input.sessionID)
    const { status, stdout } = ask("PostToolUse", input, session, input.args, directory)
    if (status === 0 && stdout) output.output += "\n" + JSON.parse(stdout).hookSpecificOutput.additionalContext
  },
  "shell.env": async (input, output) => {
    // Whoever started opencode as a worker has named the session.
    if (input.sessionID && !process.env.TIX_SESSION) output.env.TIX_SESSION = await root(client, input.sessionID)
  },
})
