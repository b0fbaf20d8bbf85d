"""A model on the loopback that follows a plan instead of thinking.

It speaks the four languages in which coding agents talk to models: Anthropic's messages, OpenAI's responses and chat
completions, and Gemini's. The prompt names the plan (`PLAN:name`); the step is the number of results of tools that the
conversation has so far. So a conversation needs no state here, and subagents have plans of their own.
"""

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What each agent calls its tools, and the arguments that it wants.
SHELLS = {
    "Bash": "command",
    "bash": "command",
    "run_shell_command": "command",
    "exec_command": "cmd",
    "shell_command": "command",
}
WRITERS = {
    "Write": ("file_path", "content"),
    "write": ("filePath", "content"),
    "write_file": ("file_path", "content"),
    "create": ("path", "file_text"),
}
SUBAGENTS = ("Agent", "agent", "task", "spawn_agent", "invoke_agent", "generalist")


def run(line, where=None):
    """A step: a command line, in a directory if the tool has an argument for it."""
    return {"run": line, "where": where}


def write(path, text):
    """A step: a file, by the tool for that and not by a command."""
    return {"write": str(path), "text": text}


def delegate(plan):
    """A step: a subagent that follows another plan."""
    return {"delegate": plan}


def wait():
    """A step: until the subagent has ended."""
    return {"wait": True}


def patch(path, text):
    """A file as the patch that Codex wants."""
    lines = "".join(f"+{line}\n" for line in text.splitlines())
    return f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"


def call(step, tools):
    """The tool and the arguments that do a step; `tools` has the names of the arguments of each."""
    if "run" in step:
        for tool, key in SHELLS.items():
            if tool in tools:
                arguments = {key: step["run"]}
                if step["where"] and "workdir" in tools[tool]:
                    arguments["workdir"] = str(step["where"])
                elif step["where"]:
                    arguments[key] = f"cd {step['where']} && {step['run']}"
                extra = {"description": "as planned", "is_background": False, "yield_time_ms": 20000}
                return tool, {**arguments, **{k: v for k, v in extra.items() if k in tools[tool]}}
    if "write" in step:
        for tool, (path, text) in WRITERS.items():
            if tool in tools:
                return tool, {path: step["write"], text: step["text"]}
        if "apply_patch" in tools:
            return "apply_patch", {"input": patch(step["write"], step["text"])}
    # Where a subagent works beside its agent, the agent must not end before it; elsewhere it waits anyway.
    if "wait" in step:
        return call(run("sleep 5"), tools) if "spawn_agent" in tools else "done"
    if "delegate" in step:
        prompt = f"PLAN:{step['delegate']} do it"
        values = {
            "description": "as planned",
            "prompt": prompt,
            "message": prompt,
            "query": prompt,
            "task": prompt,
            "request": prompt,
            "objective": prompt,
            "subagent_type": "general" if "task" in tools else "general-purpose",
            "agent_type": "general-purpose",
            "agent_name": "generalist",
            "name": "helper",
            "task_name": "helper",
            "mode": "sync",
            "run_in_background": False,
        }
        for tool in SUBAGENTS:
            if tool in tools:
                if tool == "spawn_agent":
                    values.pop("agent_type")
                return tool, {key: values[key] for key in tools[tool] if key in values}
    return None


def text_of(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        known = next((content[key] for key in ("text", "content", "output", "encrypted_content") if key in content), None)
        return json.dumps(content) if known is None else text_of(known)
    return str(content)


def example(schema):
    """Some value that fits a schema: agents ask for structured answers beside the conversation."""
    kind = schema.get("type", "string")
    kind = (kind[0] if isinstance(kind, list) else kind).lower()
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {key: example(of) for key, of in schema.get("properties", {}).items()}
    return {"array": [], "integer": 50, "number": 50, "boolean": False}.get(kind, "x")


class Model:
    """Serves plans. What was answered to each tool call is in `results`, by plan."""

    def __init__(self, plans):
        self.plans, self.results, self.lock = plans, {}, threading.Lock()
        # A text to look for in all that the model is told, and whether it was there.
        self.watched, self.shown = None, False
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.answer({"object": "list", "data": [{"id": "plan", "object": "model"}], "models": []})

            def do_HEAD(self):
                self.answer({})

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.headers.get("transfer-encoding", "").lower() == "chunked":
                    while size := int(self.rfile.readline().strip() or b"0", 16):
                        raw += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                if model.watched and model.watched.encode() in raw:
                    model.shown = True
                try:
                    body = json.loads(raw)
                except ValueError:
                    return self.answer({})
                path = self.path.split("?")[0]
                if path.endswith("/count_tokens") or path.endswith(":countTokens"):
                    return self.answer({"input_tokens": 10, "totalTokens": 10})
                for end, speak in SPEECH.items():
                    if path.endswith(end):
                        return speak(self, body)
                return self.answer({})

            def next(self, users, results, tools):
                return model.next(users, results, tools)

            def answer(self, value):
                self.send(json.dumps(value), "application/json")

            def events(self, events):
                named = ((f"event: {e['type']}\n" if "type" in e else "") + f"data: {json.dumps(e)}\n\n" for e in events)
                self.send("".join(named), "text/event-stream")

            def send(self, text, kind):
                data = text.encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, users, results, tools):
        """What comes next in a conversation: `(tool, arguments)`, or a text."""
        named = [name for text in users for name in re.findall(r"PLAN:(\w+)", text)]
        if not named or not tools:
            return "ok"
        plan = self.plans[named[-1]]
        with self.lock:
            if len(results) >= len(self.results.get(named[-1], [])):
                self.results[named[-1]] = results
        if len(results) >= len(plan):
            return "done"
        step = plan[len(results)]
        return call(step, tools) or f"no tool for {step} among {sorted(tools)}"

    def result(self, plan, step):
        """What the model was told after a step of a plan."""
        results = self.results.get(plan, [])
        return results[step] if step < len(results) else f"(the plan ended after {len(results)} steps)"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def new(prefix):
    return prefix + uuid.uuid4().hex[:20]


def messages(self, body):
    """Anthropic."""
    tools = {t["name"]: t.get("input_schema", {}).get("properties", {}) for t in body.get("tools", []) if "input_schema" in t}
    users, results = [], []
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks if message["role"] == "user" else []:
            if block["type"] == "tool_result":
                results.append(text_of(block.get("content", "")))
            elif block["type"] == "text":
                users.append(block["text"])
    said = self.next(users, results, tools)
    if isinstance(said, str):
        block, delta, stop = {"type": "text", "text": ""}, {"type": "text_delta", "text": said}, "end_turn"
        whole = {"type": "text", "text": said}
    else:
        block = {"type": "tool_use", "id": new("toolu_"), "name": said[0], "input": {}}
        delta, stop = {"type": "input_json_delta", "partial_json": json.dumps(said[1])}, "tool_use"
        whole = {**block, "input": said[1]}
    usage = {"input_tokens": 10, "output_tokens": 5}
    head = {"id": new("msg_"), "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    if not body.get("stream"):
        return self.answer({**head, "content": [whole], "stop_reason": stop, "usage": usage})
    return self.events([
        {"type": "message_start", "message": {**head, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ])


def responses(self, body):
    """OpenAI's newer one. Tools may stand in a namespace, and some take a text instead of arguments."""
    tools, kinds, spaces = {}, {}, {}
    listed = [(None, tool) for tool in body.get("tools", [])]
    for space, tool in listed:
        if tool.get("type") == "namespace":
            listed.extend((tool["name"], inner) for inner in tool.get("tools", []))
        elif tool.get("name"):
            name = tool["name"]
            tools[name] = (tool.get("parameters") or {}).get("properties", {})
            kinds[name], spaces[name] = tool.get("type"), space
    users, results = [], []
    given = body.get("input", [])
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        kind = item.get("type", "message")
        if kind == "agent_message" or kind == "message" and item.get("role") == "user":
            users.append(text_of(item["content"]))
        elif kind.endswith("_call_output"):
            results.append(text_of(item.get("output", "")))
    said = self.next(users, results, tools)
    if isinstance(said, str):
        content = [{"type": "output_text", "text": said, "annotations": []}]
        item = {"type": "message", "id": new("msg_"), "role": "assistant", "status": "completed", "content": content}
    elif kinds[said[0]] == "custom":
        item = {"type": "custom_tool_call", "id": new("ctc_"), "call_id": new("call_"), "name": said[0],
                "input": said[1]["input"], "status": "completed"}
    else:
        item = {"type": "function_call", "id": new("fc_"), "call_id": new("call_"), "name": said[0],
                "arguments": json.dumps(said[1]), "status": "completed"}
        if spaces[said[0]]:
            item["namespace"] = spaces[said[0]]
    usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15}
    whole = {"id": new("resp_"), "object": "response", "created_at": 0, "status": "completed",
             "model": body.get("model"), "output": [item], "usage": usage}
    if not body.get("stream"):
        return self.answer(whole)
    return self.events([
        {"type": "response.created", "response": {**whole, "output": [], "usage": None, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ])


def chat(self, body):
    """OpenAI's older one, which many speak."""
    functions = [tool["function"] for tool in body.get("tools", []) if tool.get("type") == "function"]
    tools = {f["name"]: (f.get("parameters") or {}).get("properties", {}) for f in functions}
    users = [text_of(m.get("content") or "") for m in body["messages"] if m["role"] == "user"]
    results = [text_of(m.get("content") or "") for m in body["messages"] if m["role"] == "tool"]
    said = self.next(users, results, tools)
    if isinstance(said, str):
        message, finish = {"role": "assistant", "content": said}, "stop"
    else:
        function = {"name": said[0], "arguments": json.dumps(said[1])}
        calls = [{"index": 0, "id": new("call_"), "type": "function", "function": function}]
        message, finish = {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"
    head = {"id": new("chatcmpl-"), "created": 0, "model": body.get("model")}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return self.answer({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    parts = [
        {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": usage},
    ]
    lines = [f"data: {json.dumps(part)}\n\n" for part in parts]
    return self.send("".join(lines) + "data: [DONE]\n\n", "text/event-stream")


def gemini(self, body):
    declared = [f for tool in body.get("tools", []) for f in tool.get("functionDeclarations", [])]
    tools = {f["name"]: (f.get("parametersJsonSchema") or f.get("parameters") or {}).get("properties", {}) for f in declared}
    users, results = [], []
    for content in body.get("contents", []):
        for part in content.get("parts", []):
            if "functionResponse" in part:
                results.append(text_of(part["functionResponse"].get("response", "")))
            elif "text" in part and content.get("role") == "user":
                users.append(part["text"])
    config = body.get("generationConfig", {})
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    said = json.dumps(example(schema)) if schema else self.next(users, results, tools)
    part = {"text": said} if isinstance(said, str) else {"functionCall": {"name": said[0], "args": said[1], "id": new("")}}
    answer = {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
        "modelVersion": "plan", "responseId": new(""),
    }
    if "stream" in self.path:
        return self.send(f"data: {json.dumps(answer)}\n\n", "text/event-stream")
    return self.answer(answer)


# By the end of the path.
SPEECH = {
    "/messages": messages,
    "/responses": responses,
    "/chat/completions": chat,
    ":generateContent": gemini,
    ":streamGenerateContent": gemini,
}
