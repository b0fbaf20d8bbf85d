#!/usr/bin/env python3
"""The table of coding agents: table.py TIX FOLDER [LIMIT [NAME…]].

Each agent is installed from its registry into FOLDER, unless it is there, and runs with a model on the loopback that follows
a plan. What it was refused and allowed is held against the table in docs/guide/agents.md; an agent that is not there within
LIMIT seconds is skipped. KEEP=1 keeps what each has left behind, and VERBOSE=1 shows what each was told.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clients import ALL, ROOT, ROOTS, bounded, end_all
from model import Model, delegate, run, wait, write

INSTALLING = threading.Lock()
GUIDE = ROOT / "docs/guide/agents.md"
WORDS = {True: "yes", False: "no", None: "–"}
# What tix says when it refuses.
REFUSED = "takes ticket commits only"
WELSH = "TICKET-say-hello-in-welsh-001"
CORNISH = "TICKET-say-hello-in-cornish-001"
ROWS = [
    "a commit of code on main is refused, and the model reads why",
    "a commit of a ticket passes",
    "a file written on main by its own tool is refused",
    "activate, commit, push and complete in the workspace",
    "a push of code to main is refused",
    "the session that holds a ticket is told so",
    "another session is told that the ticket is held",
    "a subagent is refused like the agent",
    "it starts in the workspace of a ticket that it claims, and is told when it ends with the ticket",
    "it starts the server of tools",
    "the model is shown the skill",
    "without tix on the PATH commands are refused",
]
# What is served to it goes through here, so that it can be looked at.
TAP = """#!/bin/sh
case " $* " in
*" mcp ") '{tix}' "$@" | tee -a '{root}/served' ;;
*) exec '{tix}' "$@" ;;
esac
"""


class World:
    """A home, a bare remote, and a clone of it with code and four tickets."""

    def __init__(self, root, tix, program):
        self.root, self.program = Path(root).resolve(), program
        self.home, self.bin, self.clone = self.root / "home", self.root / "bin", self.root / "shop"
        for place in (self.home, self.bin, self.root / "tmp"):
            place.mkdir()
        (self.bin / "tix").write_text(TAP.format(tix=tix, root=self.root))
        (self.bin / "tix").chmod(0o755)
        kept = {name: os.environ[name] for name in ("LANG", "TERM", "USER", "SHELL") if name in os.environ}
        self.env = {
            **kept, "HOME": str(self.home), "PATH": f"{self.bin}:{os.environ['PATH']}", "TMPDIR": str(self.root / "tmp"),
            "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1", "PWD": str(self.clone),
        }
        # Some give commands to a shell that reads this.
        self.write_home(".bash_profile", f"export PATH='{self.env['PATH']}'\n")
        identity = "[user]\n\tname = Ada Example\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        self.write_home(".gitconfig", identity)
        self.call("git", "init", "-q", "--bare", "origin.git", at=self.root)
        self.call("git", "clone", "-q", "origin.git", "shop", at=self.root)
        (self.clone / "app.py").write_text('print("hello")\n')
        self.git("add", "-A")
        self.git("commit", "-qm", "Start")
        self.git("push", "-q", "-u", "origin", "main")
        self.tix("init", "--commit")
        for language in ("Welsh", "Breton", "Cornish", "Manx"):
            self.tix("new", f"Say hello in {language}")
        self.git("pull", "-q")
        self.git("remote", "set-head", "origin", "main")

    def write_home(self, name, text):
        self.write(self.home / name, text)

    def write(self, name, text):
        """A file of the clone."""
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def call(self, *words, at=None):
        done = bounded(words, 60, cwd=at or self.clone, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(done.args)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, *words, at=None):
        return self.call("git", *words, at=at)

    def tix(self, *words):
        return self.call("tix", *words)

    def published(self, branch="main"):
        """The subjects and changes of the remote's branch."""
        try:
            return self.git("log", "-p", "--format=subject %s", branch, at=self.root / "origin.git")
        except RuntimeError:
            return ""


def plans(world):
    workspace = world.clone.parent / f"shop.worktrees/{WELSH}"
    manx = "tickets/queue/TICKET-say-hello-in-manx-001.md"
    return {
        "day": [
            run("echo 'print(1)' > app.py"),
            run("git commit -am slipped"),
            run(f"git checkout app.py && echo '- more' >> {manx} && git add tickets"),
            run("git commit -m words"),
            write(world.clone / "new.py", "x = 1\n"),
            run("tix activate welsh; echo ended with $?"),
            run("tix activate welsh; echo ended with $?"),
            run("echo 'print(2)' > app.py && git commit -qam Welsh && git push -q && git log --oneline | head -3", workspace),
            run(f"git -C {workspace} push origin HEAD:main"),
            run("tix complete welsh --no-work; echo ended with $?"),
            run("tix activate breton; echo ended with $?"),
        ],
        "other": [run("tix activate breton; echo ended with $?")],
        "team": [delegate("helper"), wait()],
        # Codex breaks the first command of a subagent off.
        "helper": [run("true"), run("echo 'print(3)' > app.py"), run("git commit -am helped")],
        "inside": [run("git branch --show-current")],
        "bare": [run("echo seen > seen")],
    }


def observe(client, world):
    """For each row whether it holds (`None` where the agent has no such thing), and what was seen."""
    model = Model(plans(world))
    model.watched = "next ticket or task"
    client.guard(world)
    client.run(world, model, "day")
    day = lambda step: model.result("day", step)
    local, main, work = world.git("log", "--format=%s", "main"), world.published(), world.published(f"ticket/{WELSH}")
    served = world.root / "served"
    served = served.read_text() if served.exists() else ""
    rows = [
        ("slipped" not in local and REFUSED in day(1), day(1)),
        ("words" in local, day(3)),
        (not (world.clone / "new.py").exists() and "steps)" not in day(4), day(4)),
        ("subject Welsh" in work and "/completed/" in work, f"{day(5)}\n{day(7)}\n{day(9)}"),
        ("print(2)" not in main and REFUSED in day(8), day(8)),
        ("ended with 0" in day(6) and "ended with 0" in day(5), day(6)),
    ]
    (world.clone / "new.py").unlink(missing_ok=True)
    client.run(world, model, "other")
    rows.append(("ended with 3" in model.result("other", 0), model.result("other", 0)))
    client.run(world, model, "team")
    local, helped = world.git("log", "--format=%s", "main"), model.result("helper", 2)
    refused = "helped" not in local and REFUSED in helped
    rows.append((refused if model.results.get("helper") else None, f"{model.result('team', 0)}\n{helped}"))
    rows.append(inside(client, world))
    rows.append(('"name":"claim"' in served and client.is_connected(world), served[:200] or "nothing was served"))
    rows.append((model.shown, "nothing of it was there"))
    (world.bin / "tix").unlink()
    client.run(world, model, "bare")
    rows.append((not (world.clone / "seen").exists() and bool(model.results.get("bare")), model.result("bare", 0)))
    model.close()
    return rows


def inside(client, world):
    options = client.inside(CORNISH)
    if options is None:
        return None, ""
    model = Model(plans(world))
    model.watched = f"still holds the ticket {CORNISH}"
    client.run(world, model, "inside", *options)
    model.close()
    branch = model.result("inside", 0)
    return f"ticket/{CORNISH}" in branch and model.shown, f"{branch}\ntold: {model.shown}"


def examine(client, tix, folder, limit):
    """The cells of an agent's column and a report, or why it was skipped."""
    begun = time.monotonic()
    # Two columns may be of one program.
    with INSTALLING:
        problem = client.install(folder, limit)
    if problem:
        return None, f"{client.title} ({problem})"
    root = Path(tempfile.mkdtemp(prefix="tix-agents-"))
    ROOTS.add(root)
    try:
        rows = observe(client, World(root, tix, client.find(folder)))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return [], f"{client.title}: {error}"
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(root, ignore_errors=True)
    lines = [f"{client.title}, {time.monotonic() - begun:.0f} s" + (f", {root}" if os.environ.get("KEEP") else "")]
    for row, (holds, seen) in zip(ROWS, rows):
        lines.append(f"  {WORDS[holds]:4} {row}")
        if not holds or os.environ.get("VERBOSE"):
            lines.extend(f"         | {line[:200]}" for line in seen.strip().splitlines()[:12])
    return [WORDS[holds] for holds, _ in rows], "\n".join(lines)


def documented():
    """The columns of the guide's table, by agent."""
    lines = [line for line in GUIDE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells if len(row) == len(ROWS) + 1}


def main():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_all)
    tix, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    wanted = sys.argv[4:]
    clients = [one for one in ALL if not wanted or one.name in wanted or one.title in wanted]
    table, held, failed, skipped = documented(), [], [], []
    with ThreadPoolExecutor(2) as pool:
        for client, (cells, report) in zip(clients, pool.map(lambda one: examine(one, tix, folder, limit), clients)):
            print(report, flush=True)
            if cells is None:
                skipped.append(report)
            elif cells and cells == table.get(client.title):
                held.append(client.title)
            else:
                print(f"  the guide says: {table.get(client.title)}", flush=True)
                failed.append(client.title)
    words = lambda names: ", ".join(names) or "none"
    print(f"coding agents: as the guide says: {words(held)}; otherwise: {words(failed)}; skipped: {words(skipped)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
