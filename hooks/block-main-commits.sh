#!/bin/sh
# The guard in Claude Code, for hooks.json and for settings that name this path. Without tix it refuses: exit code 2 blocks in
# every version of the agent, and whatever else a hook can end with lets the tool run in some.
command -v tix >/dev/null || {
    echo 'workflow-guard: the program tix is not on PATH; it is installed with: cargo install --path . --locked' >&2
    exit 2
}
exec tix hook claude
