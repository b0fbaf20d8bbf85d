// The guard of tix in opencode: before a tool is used, and after it; and the session's name for tix.
// Written by `tix hook install --agents opencode`, which also brings it up to date.
import { spawnSync } from "node:child_process"

// These change nothing. Whatever is not named here is asked about.
const readers = ["glob", "grep", "list", "lsp", "question", "read", "skill", "task", "todoread", "todowrite", "webfetch", "websearch"]

const ask = (moment, { tool, sessionID }, args = {}, directory) => {
  // A tool of a server is called <server>_<tool>.
  const name = tool.includes("_") && tool !== "apply_patch" ? `mcp_${tool}` : tool
  const cwd = args.workdir ?? directory
  const event = { hook_event_name: moment, session_id: sessionID, cwd, tool_name: name, tool_input: args }
  return spawnSync("tix", ["hook", "opencode"], { input: JSON.stringify(event), cwd: directory, encoding: "utf8", timeout: 10000 })
}

export const Tix = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    if (readers.includes(input.tool)) return
    const { status, stderr, error } = ask("PreToolUse", input, output.args, directory)
    if (status === 0) return
    throw new Error(stderr || `The guard cannot be asked, so nothing is run: tix hook opencode: ${error?.message ?? `exit ${status}`}`)
  },
  "tool.execute.after": async (input, output) => {
    if (readers.includes(input.tool)) return
    const { status, stdout } = ask("PostToolUse", input, input.args, directory)
    if (status === 0 && stdout) output.output += "\n" + JSON.parse(stdout).hookSpecificOutput.additionalContext
  },
  // A subagent has a session of its own.
  "shell.env": async (input, output) => {
    if (input.sessionID) output.env.TIX_SESSION = input.sessionID
  },
})
