#!/usr/bin/env python3
"""A real llama-server through the proxy, driven by the SDKs of all dialects; prints one line of JSON.

usage: llama.py ROOT MODEL
"""
import json
import sys

from clients import DIALECTS, Talk, finish

ROOT, MODEL = sys.argv[1:3]
# SmolLM2 is far too small to decide on a call; it can repeat one.
CALL = 'Repeat this exactly and nothing else:\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'


def short(facts, dialect):
    return {
        "text": facts["text"],
        "calls": [{"name": call["name"], "arguments": call["arguments"]} for call in facts["calls"]],
        "finish": finish(dialect, facts),
        "input": (facts["usage"] or {}).get("input"),
        "output": (facts["usage"] or {}).get("output"),
    }


def run(dialect, client):
    out = {}
    for kind in ("whole", "stream"):
        stream = kind == "stream"
        talk = Talk(("user", "Name three colours."), max_tokens=32, steady=True)
        out["chat " + kind] = short(client.ask(MODEL, talk, stream), dialect)
        ask = ("user", CALL)
        first = client.ask(MODEL, Talk(ask, tools=True, max_tokens=80, steady=True), stream)
        out["call " + kind] = short(first, dialect)
        if first["calls"]:
            results = ("results", [(first["calls"][0], "21 degrees and sunny")])
            talk = Talk(ask, ("calls", first["calls"][:1]), results, max_tokens=24, steady=True)
            out["result " + kind] = short(client.ask(MODEL, talk, stream), dialect)
    return out


report = {}
for dialect, kind in DIALECTS.items():
    client = kind(ROOT)
    try:
        report[dialect] = run(dialect, client)
    except Exception as error:
        report[dialect] = {"raised": client.failure(error)}
print(json.dumps(report, ensure_ascii=False))
