"""The Python client of MCP against `tix mcp`: client.py MODE TIX CLONE. Prints the version that was agreed."""

import asyncio
import sys

from mcp import Client, MCPError, StdioServerParameters

MODE, TIX, CLONE = sys.argv[1:]


async def main():
    server = StdioServerParameters(command=TIX, args=["mcp"], cwd=CLONE)
    async with Client(server, mode=MODE) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == ["next", "list", "show", "status", "claim", "finish", "note", "new"], names
        made = await client.call_tool("new", {"tickets": [{"title": f"From {MODE}", "body": "- [ ] a\n"}]})
        assert not made.is_error, made
        ticket = made.structured_content["ticket"]
        held = await client.call_tool("claim", {"ticket": ticket})
        assert held.structured_content["workspace"]["path"], held
        again = await client.call_tool("show", {"ticket": "no such ticket"})
        assert again.is_error and again.content[0].text.startswith("not found: "), again
        try:
            await client.call_tool("frobnicate", {})
            raise AssertionError("an unknown tool was called")
        except MCPError as error:
            assert error.error.code == -32602, error
        heard = []

        async def hear(progress, total, message):
            heard.append(progress)

        waiting = asyncio.create_task(
            client.call_tool("claim", {"wait": "1h"}, progress_callback=hear, read_timeout_seconds=12)
        )
        while not heard:
            await asyncio.sleep(0.1)
            assert not waiting.done(), waiting
        waiting.cancel()
        given_back = await client.call_tool("finish", {"how": "release", "ticket": ticket})
        assert not given_back.is_error, given_back
        closed = await client.call_tool("list", {"mine": True})
        assert closed.structured_content["total"] == 0, closed
        print(client.protocol_version)


asyncio.run(main())
