#!/usr/bin/env python3
"""The official MCP library as a server on stdio, as a server over HTTP, and as a client of the proxy.

usage: tools.py serve stdio|PORT
       tools.py ask URL SERVER...   prints one line of JSON with all that is not as it has to be
"""
import asyncio
import json
import os
import sys

from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("real")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def fail() -> str:
    raise ValueError("this tool fails")


@server.tool()
async def nap(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "rested"


@server.tool()
def variable(name: str) -> str:
    return os.environ.get(name, "unset")


@server.tool()
def hidden() -> str:
    return "nobody may see this"


async def ask(url, names):
    different, checks = [], 0

    def check(what, is_so, found=None):
        nonlocal checks
        checks += 1
        if not is_so:
            different.append(f"{what}: {found!r}")

    async with Client(url) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name in names:
            seen = sorted(tool for tool in tools if tool.startswith(f"{name}/"))
            check(f"tools of {name}", seen == [f"{name}/{tool}" for tool in ("add", "fail", "nap", "variable")], seen)
            tool = tools.get(f"{name}/add")
            check("description", tool and tool.description == "Adds two numbers.", tool)
            check("schema", tool and sorted(tool.input_schema["properties"]) == ["a", "b"], tool)
            result = await client.call_tool(f"{name}/add", {"a": 20, "b": 22})
            check("text", result.content[0].text == "42" and not result.is_error, result)
            check("structured", result.structured_content == {"result": 42}, result)
            result = await client.call_tool(f"{name}/fail", {})
            check("error", result.is_error, result)
            result = await client.call_tool(f"{name}/add", {"a": "no number", "b": 1})
            check("wrong arguments", result.is_error, result)
            naps = await asyncio.gather(*(client.call_tool(f"{name}/nap", {"seconds": 0.2}) for _ in range(8)))
            check("at once", [nap.content[0].text for nap in naps] == ["rested"] * 8, naps)
            for forbidden in (f"{name}/hidden", f"{name}/gone", "nobody/add"):
                try:
                    result = await client.call_tool(forbidden, {})
                    check(forbidden, False, result)
                except Exception as error:  # the library's own class moved between versions
                    check(forbidden, type(error).__name__ in ("MCPError", "McpError"), error)
    print(json.dumps({"different": different, "checks": checks}))


if sys.argv[1] == "ask":
    asyncio.run(ask(sys.argv[2], sys.argv[3:]))
elif sys.argv[2] == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", port=int(sys.argv[2]))
