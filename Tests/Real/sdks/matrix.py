#!/usr/bin/env python3
"""Every client's dialect against every provider's, streamed and not; prints one line of JSON.

usage: matrix.py MOCK PROXY

MOCK answers in the four formats and remembers what it was asked; PROXY sends the models to-openai, to-anthropic, to-gemini
and to-ollama to it, each as a provider of that kind, with the key `mock-key` but for the last.
"""
import json
import sys
import urllib.request

from clients import PNG, SCHEMA, TOOL, TUNED, Anthropic, Gemini, Groq, MistralAI, Ollama, OpenAI, Talk, finish

MOCK, PROXY = sys.argv[1:3]
CLIENTS = {
    "openai": OpenAI(PROXY),
    "anthropic": Anthropic(PROXY),
    "gemini": Gemini(PROXY),
    "ollama": Ollama(PROXY),
    "mistralai": MistralAI(PROXY),
    "groq": Groq(PROXY),
}
PATHS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/to-gemini:generateContent",
    "ollama": "/api/chat",
}
report = {"cells": 0, "checks": 0, "different": []}


# Where each provider wants its key.
KEYS = {
    "openai": ("authorization", "Bearer mock-key"),
    "anthropic": ("x-api-key", "mock-key"),
    "gemini": ("x-goog-api-key", "mock-key"),
}


def last_request():
    """The last request the mock saw that was no probe."""
    with urllib.request.urlopen(MOCK + "/mock/requests") as answer:
        return [seen for seen in json.load(answer) if seen["method"] == "POST"][-1]


def last_asked():
    """Its path and its body."""
    seen = last_request()
    return seen["path"], json.loads(seen["body"])


def check(where, name, claim, shown=""):
    report["checks"] += 1
    if not claim:
        report["different"].append("%s, %s: %s" % (where, name, str(shown)[:700]))


def pictures(provider, body):
    """The base64 of the pictures in a request, found where the provider's reference says they stand."""
    if provider == "openai":
        parts = [p for m in body["messages"] if isinstance(m["content"], list) for p in m["content"]]
        return [p["image_url"]["url"] for p in parts if p["type"] == "image_url"], "data:image/png;base64," + PNG
    if provider == "anthropic":
        parts = [p for m in body["messages"] if isinstance(m["content"], list) for p in m["content"]]
        return [(p["source"]["media_type"], p["source"]["data"]) for p in parts if p["type"] == "image"], ("image/png", PNG)
    if provider == "gemini":
        parts = [p for c in body["contents"] for p in c["parts"]]
        kept = [p.get("inlineData") or p.get("inline_data") for p in parts]
        return [(d.get("mimeType") or d.get("mime_type"), d["data"].replace("-", "+").replace("_", "/")) for d in kept if d], (
            "image/png", PNG,
        )
    return [i for m in body["messages"] for i in m.get("images") or []], PNG


def systems(provider, body):
    if provider == "anthropic":
        said = body.get("system")
        return said if isinstance(said, str) else "".join(p["text"] for p in said or [])
    if provider == "gemini":
        said = body.get("systemInstruction") or body.get("system_instruction") or {}
        return "".join(p["text"] for p in said.get("parts", []))
    texts = [m["content"] for m in body["messages"] if m["role"] in ("system", "developer")]
    return "".join(t if isinstance(t, str) else "".join(p["text"] for p in t) for t in texts)


def limit(provider, body):
    if provider == "gemini":
        config = body.get("generationConfig") or {}
        return config.get("maxOutputTokens") or config.get("max_output_tokens")
    if provider == "ollama":
        return (body.get("options") or {}).get("num_predict")
    return body.get("max_tokens") or body.get("max_completion_tokens")


def tools(provider, body):
    """Names and schemas of the tools in a request."""
    if provider == "anthropic":
        return [(t["name"], t["input_schema"]) for t in body["tools"]]
    if provider == "gemini":
        out = []
        for tool in body["tools"]:
            for f in tool.get("functionDeclarations") or tool.get("function_declarations"):
                schema = f.get("parametersJsonSchema") or f.get("parameters_json_schema") or f.get("parameters")
                out.append((f["name"], schema))
        return out
    return [(t["function"]["name"], t["function"]["parameters"]) for t in body["tools"]]


def turns(provider, body):
    """The call of the assistant's turn and what the tool gave back, as (name, arguments, result), where the ids fit."""
    if provider == "openai":
        call = next(m for m in body["messages"] if m.get("tool_calls"))["tool_calls"][0]
        result = next(m for m in body["messages"] if m["role"] == "tool")
        content = result["content"]
        text = content if isinstance(content, str) else "".join(p["text"] for p in content)
        function = call["function"]
        return function["name"], json.loads(function["arguments"]), text, call["id"] == result["tool_call_id"]
    if provider == "anthropic":
        blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
        call = next(b for b in blocks if b["type"] == "tool_use")
        result = next(b for b in blocks if b["type"] == "tool_result")
        content = result["content"]
        text = content if isinstance(content, str) else "".join(p["text"] for p in content)
        return call["name"], call["input"], text, call["id"] == result["tool_use_id"]
    if provider == "gemini":
        parts = [p for c in body["contents"] for p in c["parts"]]
        call = next(p["functionCall"] for p in parts if "functionCall" in p)
        result = next(p["functionResponse"] for p in parts if "functionResponse" in p)
        return call["name"], call["args"], json.dumps(result["response"]), call["name"] == result["name"]
    call = next(m for m in body["messages"] if m.get("tool_calls"))["tool_calls"][0]["function"]
    result = next(m for m in body["messages"] if m["role"] == "tool")
    return call["name"], call["arguments"], result["content"], result.get("tool_name", call["name"]) == call["name"]


# What each dialect has no word for, beside `choice`, the call of one tool.
UNSAYABLE = {
    "openai": {"top_k"}, "anthropic": {"seed"}, "gemini": set(), "ollama": {"choice"},
    # These SDKs have OpenAI's words; the last names its seed otherwise.
    "groq": {"top_k"}, "mistralai": {"top_k"},
}


def tuning(provider, body):
    """What TUNED names, found where the provider's reference says it stands."""
    if provider == "openai":
        found = {name: body.get(name) for name in ("temperature", "top_p", "stop", "seed", "top_k")}
        found["seed"] = found["seed"] or body.get("random_seed")
        found["schema"] = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
        choice = body.get("tool_choice") or {}
        found["choice"] = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else choice
        return found
    if provider == "anthropic":
        found = {name: body.get(name) for name in ("temperature", "top_p", "top_k")}
        found["stop"], found["seed"] = body.get("stop_sequences"), None
        found["schema"] = ((body.get("output_config") or {}).get("format") or {}).get("schema")
        found["choice"] = (body.get("tool_choice") or {}).get("name")
        return found
    if provider == "gemini":
        config = body.get("generationConfig") or {}
        words = {"temperature": "temperature", "top_p": "topP", "top_k": "topK", "stop": "stopSequences", "seed": "seed"}
        found = {name: config.get(word) for name, word in words.items()}
        found["schema"] = config.get("responseJsonSchema") or config.get("responseSchema")
        calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
        found["choice"] = (calling.get("allowedFunctionNames") or [None])[0]
        return found
    found = {name: (body.get("options") or {}).get(name) for name in ("temperature", "top_p", "top_k", "stop", "seed")}
    found["schema"], found["choice"] = body.get("format"), None
    return found


def parameters(where, client, provider, stream):
    """What the application set is set in what the provider is asked, where both dialects have a word for it."""
    name = next(name for name, other in CLIENTS.items() if other is client)
    for with_tools in (False, True):
        talk = Talk(("user", "ping"), tools=with_tools, tuned=True)
        client.ask("to-" + provider, talk, stream)
        found = tuning(provider, last_asked()[1])
        wanted = dict(TUNED) | ({"choice": TOOL["name"]} if with_tools else {})
        for key, value in wanted.items():
            if key in UNSAYABLE[name] or key in UNSAYABLE[provider] and name != provider:
                continue
            got = found[key]
            if key == "schema" and got is not None:
                # A dialect may want more said of an object, or less.
                got, value = (got["properties"], got["required"]), (SCHEMA["properties"], SCHEMA["required"])
            check(where, "%s%s" % (key, " with tools" if with_tools else ""), got == value, (got, value))


def parallel(where, client, provider, stream):
    """Two calls in one turn, and two answers in the next, keep their order and their pairs."""
    calls = [{"id": "call_a1b2c3d4%d" % i, "name": TOOL["name"], "arguments": {"city": city}} for i, city in enumerate(["Oslo", "Rome"])]
    results = [(calls[0], "rain"), (calls[1], "sun")]
    talk = Talk(("user", "Both?"), ("calls", calls), ("results", results), tools=True)
    client.ask("to-" + provider, talk, stream)
    pairs = called(provider, last_asked()[1])
    # Gemini's SDK gives an object back, which others get as its text.
    fits = [city for city, _ in pairs] == ["Oslo", "Rome"] and "rain" in pairs[0][1] and "sun" in pairs[1][1]
    check(where, "calls and results", fits, pairs)


def called(provider, body):
    """The city of each call with what was given back for it."""
    def plain(content):
        return content if isinstance(content, str) else "".join(p["text"] for p in content)

    if provider == "gemini":
        parts = [p for c in body["contents"] for p in c["parts"]]
        calls = [p["functionCall"]["args"]["city"] for p in parts if "functionCall" in p]
        results = [p["functionResponse"]["response"] for p in parts if "functionResponse" in p]
        return list(zip(calls, [list(r.values())[0] for r in results]))
    if provider == "anthropic":
        blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
        results = {b["tool_use_id"]: plain(b["content"]) for b in blocks if b["type"] == "tool_result"}
        return [(b["input"]["city"], results.get(b["id"])) for b in blocks if b["type"] == "tool_use"]
    calls = [c for m in body["messages"] for c in m.get("tool_calls") or []]
    results = [m for m in body["messages"] if m["role"] == "tool"]
    if provider == "ollama":
        return list(zip([c["function"]["arguments"]["city"] for c in calls], [m["content"] for m in results]))
    given = {m["tool_call_id"]: plain(m["content"]) for m in results}
    return [(json.loads(c["function"]["arguments"])["city"], given.get(c["id"])) for c in calls]


def chat(where, client, provider, stream):
    facts = client.ask("to-" + provider, Talk(("user", "ping pong"), system="Be brief."), stream)
    check(where, "text", facts["text"].endswith("runs no model. You said: ping pong"), facts)
    check(where, "finish", finish(client.dialect, facts) == "stop", facts)
    usage = facts["usage"] or {}
    if isinstance(client, MistralAI) and stream:
        check(where, "usage nobody asked for", not usage, facts)
    else:
        check(where, "usage", (usage.get("input"), usage.get("output")) == (2, 15), facts)
    path, body = last_asked()
    want = PATHS[provider]
    if provider == "gemini" and stream:
        want = want.replace(":generate", ":streamGenerate").replace("Content", "Content?alt=sse")
    check(where, "path", path == want, path)
    headers = {name.lower(): value for name, value in last_request()["headers"]}
    keys = {name: headers[name] for name in ("authorization", "x-api-key", "x-goog-api-key") if name in headers}
    check(where, "keys", keys == dict([KEYS[provider]] if provider in KEYS else []), headers)
    if provider == "anthropic":
        # Anthropic's own SDK names the version that it was made for.
        version = headers.get("anthropic-version")
        check(where, "version", version if client.dialect == provider else version == "2023-06-01", headers)
    check(where, "system", systems(provider, body) == "Be brief.", body)
    check(where, "limit", limit(provider, body) == 256, body)


def tools_loop(where, client, provider, stream):
    """Two turns: the model calls, the application answers, the model goes on."""
    if isinstance(client, MistralAI):
        stream = False
    ask = ("user", "Please call the tool.")
    first = client.ask("to-" + provider, Talk(ask, tools=True), stream)
    calls = [(c["name"], c["arguments"]) for c in first["calls"]]
    check(where, "call", calls == [("get_weather", {"input": "mock"})], first)
    check(where, "finish of a call", finish(client.dialect, first) == "calls", first)
    _, body = last_asked()
    name, schema = tools(provider, body)[0]
    check(where, "tool", name == TOOL["name"] and schema["properties"]["city"]["type"].lower() == "string", body)
    if not calls:
        return
    second = client.ask(
        "to-" + provider, Talk(ask, ("calls", first["calls"]), ("results", [(first["calls"][0], "21 degrees")]), tools=True), stream
    )
    check(where, "second turn", second["text"].startswith("The tool said: ") and "21 degrees" in second["text"], second)
    _, body = last_asked()
    name, arguments, result, fits = turns(provider, body)
    check(where, "turns", (name, arguments, fits) == ("get_weather", {"input": "mock"}, True) and "21 degrees" in result, body)


def vision(where, client, provider, stream):
    facts = client.ask("to-" + provider, Talk(("image", "What is it?")), stream)
    check(where, "text with a picture", facts["text"].endswith("You said: What is it?"), facts)
    found, wanted = pictures(provider, last_asked()[1])
    check(where, "picture", found == [wanted], found)


def errors(where, client, provider, stream):
    wanted = {429: client.rate_limit, 404: client.not_found, 400: client.bad_request}
    for status, kind in wanted.items():
        try:
            given = client.ask("to-" + provider, Talk(("user", "hi")), stream, {"x-mock-status": str(status)})
            check(where, "error %d" % status, False, given)
        except Exception as error:
            told = client.failure(error)
            fits = told == {"kind": kind, "status": status, "message": "hoosh-mock was asked to fail"}
            check(where, "error %d" % status, fits, told)
    if not stream:
        return
    try:
        given = client.ask(
            "to-" + provider, Talk(("user", "hi")), True, {"x-mock-fault": "error-event", "x-mock-after": "2"}
        )
        check(where, "error in the stream", False, given)
    except Exception as error:
        told = client.failure(error)
        if isinstance(client, MistralAI):
            # Before the first byte of a translated stream, it is an answer with a status.
            known = told["kind"] == "ResponseValidationError" or "hoosh-mock was asked to fail here" in str(told["message"])
            return check(where, "error in the stream", known, told)
        check(where, "error in the stream", "hoosh-mock was asked to fail here" in str(told["message"]), told)


for client_name, client in CLIENTS.items():
    for provider in PATHS:
        for stream in (False, True):
            report["cells"] += 1
            for part in (chat, parameters, tools_loop, parallel, vision, errors):
                where = "%s to %s, %s, %s" % (client_name, provider, "stream" if stream else "whole", part.__name__)
                try:
                    part(where, client, provider, stream)
                except Exception as error:
                    check(where, "raised", False, "%s %s" % (type(error).__name__, client.failure(error)))
print(json.dumps(report, ensure_ascii=False))
