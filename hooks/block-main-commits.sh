#!/bin/sh
# For settings that name this path. The hooks of the plugin are in hooks.json and do not need it.
command -v tix >/dev/null || {
    echo 'workflow-guard: the program tix is not on PATH; it is installed with: cargo install --path . --locked' >&2
    exit 2
}
exec tix hook claude
