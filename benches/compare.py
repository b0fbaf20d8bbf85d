#!/usr/bin/env python3
"""Runs the same work on tix and on other trackers that keep their tickets in a git repository.

    cargo build --release && benches/compare.py target/release/tix

It creates a ticket, lists a thousand, claims one, and lets eight clones of one remote claim the same one at the same
time: once each under its own name, once all under one, as a fleet of agents does. Everybody is to publish what they
did, because a claim that nobody else can see holds nobody off; a tracker without a command for that gets the git
commands that its users would type. Then it starts each one's server of tools (MCP), and counts what an agent reads of it
before it does anything. In the end it opens each one's page in the browser's place, and sends it requests as other pages and
other names would: none of them may write. Trackers that are not on the PATH are skipped.

Looked for: Backlog.md (`npm install --global backlog.md`).
"""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TICKETS = 1000
CLONES = 8
ROUNDS = 10


def run(place, *command, check=True, env=None):
    """Runs a command; its output is shown when it was to succeed and did not."""
    done = subprocess.run(
        command, cwd=place, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done


def forged(port):
    """What a request that writes has in its head when it does not come from the page itself, each with a name."""
    here = f"127.0.0.1:{port}"

    def head(host=here, origin=None, site=None, **more):
        fields = {"Host": host, "Origin": origin, "Sec-Fetch-Site": site, **more}
        return {name.replace("_", "-"): value for name, value in fields.items() if value}

    evil, beside = "http://evil.example", "http://127.0.0.1:1"
    plain = {"Content_Type": "text/plain"}
    return {
        "another site": head(origin=evil, site="cross-site"),
        "another site, plain text": head(origin=evil, site="cross-site", **plain),
        "another site, old browser": head(origin=evil),
        "no origin": head(),
        "no origin, plain text": head(**plain),
        "no origin, another site": head(site="cross-site"),
        "a sandboxed frame": head(origin="null", site="cross-site"),
        "a sandboxed frame, old browser": head(origin="null", **plain),
        "another port": head(origin=beside, site="same-site"),
        "another port, plain text": head(origin=beside, site="same-site", **plain),
        "another scheme": head(origin=f"https://{here}", site="same-site"),
        "a longer name": head(origin=f"http://{here}.evil.example", site="cross-site"),
        "a rebound name": head(host=f"evil.example:{port}", origin=f"{evil}:{port}", site="same-origin"),
        "a rebound name, old browser": head(host=f"evil.example:{port}", origin=f"{evil}:{port}"),
        "a rebound name, no origin": head(host=f"evil.example:{port}"),
        "a rebound name, forwarded": head(host="evil.example", origin=f"http://{here}", X_Forwarded_Host=here),
        "no host": head(host=None, origin=f"http://{here}"),
        "a name of this machine": head(host=f"{socket.gethostname()}:{port}"),
    }


def send(port, path, head, kind, body):
    """The status of an answer; 0 where there was none."""
    fields = {"Content-Type": kind, **head, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        # Some leave the connection open.
        answer = stream.makefile("rb").readline().split(b" ")
    return int(answer[1]) if len(answer) > 1 else 0


class Tix:
    """A claim is one command, which publishes it."""

    server = ("mcp",)
    form = ("/new", "application/x-www-form-urlencoded", b"title=Forged")

    def __init__(self, program):
        self.program = str(Path(program).resolve())
        self.name = run(".", self.program, "--version").stdout.strip()

    def begin(self, place):
        run(place, self.program, "init", "--commit")
        run(place, "git", "pull", "-q")
        for n in range(1, TICKETS + 1):
            text = f"---\nticket_id: TICKET-t-{n:04}\ntitle: Ticket {n}\nstatus: open\n---\n\n# Changelog\n"
            (place / f"tickets/queue/TICKET-t-{n:04}.md").write_text(text)

    def page(self, place):
        """Its server, its port, and what a browser that has opened it sends along."""
        child = subprocess.Popen(
            [self.program, "serve"], cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )
        address = child.stdout.readline().strip()
        port = int(address.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as stream:
            path = address.split(str(port), 1)[1]
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            cookie = re.search(r"set-cookie: ([^;]*)", stream.makefile("r").read()).group(1)
        return child, port, {"Cookie": cookie}

    def forgeries(self, place):
        listed = run(place, self.program, "list", "--fetch", "--lane", "all", "--json").stdout
        return listed.count('"Forged"')

    def create(self, place):
        run(place, self.program, "new", "One more")

    def list(self, place):
        run(place, self.program, "list")

    def claim(self, place, n, who):
        env = {"TIX_ACTOR": who}
        done = run(place, self.program, "activate", f"TICKET-t-{n:04}", "--no-worktree", check=False, env=env)
        return done.returncode == 0


class Backlog:
    """A claim is an edit of a file; git's own commands publish it."""

    server = ("mcp", "start")
    form = ("/api/tasks", "application/json", b'{"title": "Forged", "status": "To Do"}')

    def __init__(self, program):
        self.program = program
        self.name = "Backlog.md " + run(".", program, "--version").stdout.strip()

    def begin(self, place):
        run(place, self.program, "init", "bench", "--defaults", "--integration-mode", "none")
        run(place, self.program, "task", "create", "Ticket 1")
        first = next((place / "backlog/tasks").glob("*.md"))
        text = first.read_text()
        for n in range(2, TICKETS + 1):
            other = re.sub(r"(?i)(task)-1\b", rf"\1-{n}", text).replace("Ticket 1", f"Ticket {n}")
            (first.parent / f"task-{n} - Ticket-{n}.md").write_text(other)

    def page(self, place):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        child = subprocess.Popen(
            [self.program, "browser", "--no-open", "--port", str(port)], cwd=place,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # It takes connections before it answers them.
        while child.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/tasks", timeout=2).read()
                break
            except OSError:
                time.sleep(0.05)
        return child, port, {}

    def forgeries(self, place):
        return sum("Forged" in path.name for path in (place / "backlog/tasks").iterdir())

    def create(self, place):
        run(place, self.program, "task", "create", "One more")
        if not self.publish(place):
            sys.exit("the new task could not be published")

    def list(self, place):
        run(place, self.program, "task", "list", "--plain")

    def claim(self, place, n, who):
        run(place, self.program, "task", "edit", str(n), "-s", "In Progress", "-a", f"@{who}")
        return self.publish(place)

    def publish(self, place):
        """Commits and pushes; when somebody else has pushed, rebases and tries again."""
        run(place, "git", "add", "-A")
        run(place, "git", "commit", "-qm", "tasks")
        for _ in range(3 * CLONES):
            if run(place, "git", "push", "-q", check=False).returncode == 0:
                return True
            if run(place, "git", "pull", "-q", "--rebase", check=False).returncode != 0:
                run(place, "git", "rebase", "--abort", check=False)
                return False
        return False


def project(root, tracker):
    """A remote with the tickets, and as many clones of it as there are racers."""
    remote = root / "remote.git"
    run(root, "git", "init", "-q", "--bare", "-b", "main", remote)
    first = root / "first"
    run(root, "git", "clone", "-q", remote, first)
    run(first, "git", "commit", "-q", "--allow-empty", "-m", "begin")
    run(first, "git", "push", "-q", "origin", "HEAD:main")
    tracker.begin(first)
    run(first, "git", "add", "-A")
    run(first, "git", "commit", "-qm", "tickets")
    run(first, "git", "push", "-q", "origin", "HEAD:main")
    clones = [root / f"clone{n}" for n in range(CLONES)]
    for clone in clones:
        run(root, "git", "clone", "-q", remote, clone)
    return clones


def median_ms(work, rounds=ROUNDS):
    times = []
    for n in range(rounds):
        begun = time.perf_counter()
        work(n)
        times.append((time.perf_counter() - begun) * 1000)
    return f"{statistics.median(times):.0f} ms"


def race(tracker, clones, n, name):
    """How many of those who claim one ticket at once are told that it is theirs, by exit code."""
    with ThreadPoolExecutor(len(clones)) as pool:
        won = list(pool.map(lambda i: tracker.claim(clones[i], n, name(i)), range(len(clones))))
    for clone in clones:
        run(clone, "git", "fetch", "-q")
        run(clone, "git", "reset", "-q", "--hard", "origin/main")
    return f"{sum(won)} of {len(clones)}"


class Server:
    """A server of tools, spoken to as an agent does."""

    def __init__(self, tracker, place):
        self.begun = time.perf_counter()
        self.child = subprocess.Popen(
            [tracker.program, *tracker.server], cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, method, params):
        """The result, and its size as it came."""
        self.say({"id": method, "method": method, "params": params})
        for line in self.child.stdout:
            answer = json.loads(line)
            # In between it may tell or ask something itself.
            if answer.get("id") == method and "result" in answer:
                return answer["result"], len(line)
        sys.exit(f"{self.child.args}: no answer to {method}")

    def say(self, message):
        self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.child.stdin.flush()

    def open(self):
        """Milliseconds from its start to its first answer, and what it tells an agent of itself."""
        client = {"name": "compare", "version": "1"}
        told, _ = self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client})
        taken = (time.perf_counter() - self.begun) * 1000
        self.say({"method": "notifications/initialized"})
        return taken, told

    def close(self):
        self.child.stdin.close()
        self.child.wait(30)


def serve(tracker, place):
    """The median time of a server's first answer, and the sizes of what an agent reads before it works."""
    times = []
    for _ in range(ROUNDS):
        server = Server(tracker, place)
        taken, told = server.open()
        times.append(taken)
        listed, size = server.ask("tools/list", {})
        server.close()
    instructions = len(told.get("instructions", "").encode())
    return [
        f"{statistics.median(times):.0f} ms", str(len(listed["tools"])), f"{size:,} bytes", f"{instructions:,} bytes",
    ]


def forge(tracker, place):
    """How many requests that do not come from the page have written a ticket."""
    child, port, along = tracker.page(place)
    path, kind, body = tracker.form
    try:
        heads = forged(port)
        for name, head in heads.items():
            status = send(port, path, {**head, **along}, kind, body)
            print(f"{tracker.name}: {name}: {status}", file=sys.stderr)
        return f"{tracker.forgeries(place)} of {len(heads)}"
    finally:
        # With what the program has started.
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


def measure(tracker):
    with tempfile.TemporaryDirectory() as scratch:
        clones = project(Path(scratch), tracker)
        place = clones[0]
        return [
            median_ms(lambda _: tracker.create(place)),
            median_ms(lambda _: tracker.list(place)),
            median_ms(lambda n: tracker.claim(place, n + 10, "me")),
            race(tracker, clones, 500, lambda i: f"agent{i}"),
            race(tracker, clones, 600, lambda _: "agent"),
            *serve(tracker, place),
            forge(tracker, place),
        ]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else shutil.which("tix")
    if not program:
        sys.exit("usage: compare.py PATH-OF-TIX")
    trackers = [Tix(program)]
    backlog = shutil.which("backlog")
    if backlog:
        trackers.append(Backlog(backlog))
    else:
        print("Backlog.md is not on the PATH and is skipped: npm install --global backlog.md")
    rows = [
        "create one, published",
        f"list {TICKETS}",
        "claim one, published",
        f"{CLONES} clones claim one ticket: told that it is theirs",
        "the same, all under one name",
        "server of tools: first answer",
        "its tools",
        "its list of tools",
        "its instructions",
        "its page: forged requests that have written a ticket",
    ]
    columns = [measure(tracker) for tracker in trackers]
    print("| | " + " | ".join(tracker.name for tracker in trackers) + " |")
    print("| --- |" + " ---: |" * len(trackers))
    for row, cells in zip(rows, zip(*columns)):
        print(f"| {row} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
