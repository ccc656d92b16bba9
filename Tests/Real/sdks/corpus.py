#!/usr/bin/env python3
"""Every recorded chat, read by its provider's SDK, against what SDKs read of it through the proxy; prints one line of JSON.

usage: corpus.py CORPUS MOCK PROXY [CHUNK_BYTES] [ONLY...]

MOCK replays the recordings; PROXY sends the models from-openai, from-anthropic, from-gemini and from-ollama to it, each as
a provider of that format. With CHUNK_BYTES above 0, streams come in chunks of that size and the same dialect is left out.
ONLY: beginnings of recordings' names.
"""
import json
import sys
import time

from clients import DIALECTS, Groq, MistralAI, Talk, corpus_rows, finish

CORPUS, MOCK, PROXY = sys.argv[1:4]
CHUNK = int(sys.argv[4]) if len(sys.argv) > 4 else 0
ONLY = tuple(sys.argv[5:])
APIS = {
    "openai.chat": "openai",
    "anthropic.messages": "anthropic",
    "gemini.generateContent": "gemini",
    "gemini.streamGenerateContent": "gemini",
    "ollama.chat": "ollama",
}
# Recordings that are no answer of the API that their row names, as its SDK asks for it.
UNREADABLE = {
    "anthropic/008-messages-s-tool": "two answers in one file",
    "anthropic/009-messages-s-tool": "two answers in one file",
    "anthropic/010-messages-s-tool": "made up: an answer that begins anew in the middle, with seals that are none",
    "gemini/034-streamGenerateContent-s-tool": "arguments in pieces, which only a request in Gemini's own format can ask for",
    "gemini/036-streamGenerateContent-s": "a session of the Live API",
    "gemini/062-streamGenerateContent-n-tool": "the list form of a stream, which the SDK never asks for",
    "gemini/063-streamGenerateContent-n-tool": "the list form of a stream, which the SDK never asks for",
}
# A call that the limit cut off: each SDK makes what it can of half a JSON text.
CUT_OFF = ["anthropic/044-messages-s-tool"]
# What a dialect has no word for.
USAGE = {
    "openai": ("input", "output", "cached", "reasoning"),
    "anthropic": ("input", "output", "cached"),
    "gemini": ("input", "output", "cached", "reasoning"),
    "ollama": ("input", "output"),
}
TALK = Talk(("user", "hello"))
direct = {name: kind(MOCK) for name, kind in DIALECTS.items()}
proxied = {name: kind(PROXY) for name, kind in DIALECTS.items()}
# Providers of OpenAI's format with SDKs of their own.
OWN = {"mistral": (MistralAI(MOCK), MistralAI(PROXY)), "groq": (Groq(MOCK), Groq(PROXY))}
started = time.monotonic()


def read(client, model, stream, name):
    headers = {"x-mock-replay": name}
    if CHUNK and stream:
        headers["x-mock-chunk-bytes"] = str(CHUNK)
    try:
        return client.ask(model, TALK, stream, headers)
    except Exception as error:  # what it raises is what the application sees
        return {"raised": client.failure(error)}


def differences(name, source, want, target, got):
    if "raised" in want:
        # The provider's own words must be in what the other SDK raises.
        words = want["raised"]["message"]
        return [] if words in (got.get("raised") or {}).get("message", "") else ["%s, not raised: %s" % (got, words)]
    if "raised" in got:
        return ["raised %s" % got["raised"]]
    out = []
    for key in ("text", "thinking"):
        if want[key] != got[key] and not (name in CUT_OFF and got[key].startswith(want[key])):
            out.append("%s: %r, not %r" % (key, got[key][:300], want[key][:300]))
    calls = [[(c["name"], c["arguments"]) for c in side["calls"]] for side in (got, want)]
    if calls[0] != calls[1] and name not in CUT_OFF:
        out.append("calls: %r, not %r" % tuple(calls))
    ends = finish(target, got), finish(source, want)
    if not want["finish"]:
        # The provider left it out; every dialect must have one.
        ends = ends[0], "calls" if want["calls"] else "stop"
    if target == "ollama" and ends[1] == "filter":
        # Ollama has no word for it.
        ends = ends[0], "stop"
    if ends[0] != ends[1]:
        out.append("finish: %s (%s), not %s (%s)" % (ends[0], got["finish"], ends[1], want["finish"]))
    for key in USAGE[target]:
        expected = (want["usage"] or {}).get(key)
        found = (got["usage"] or {}).get(key)
        if target == "anthropic" and key == "input" and expected is not None:
            # Its input is a sum with the cached, of which some providers say that there were more.
            expected = max(expected, want["usage"]["cached"] or 0)
        if expected is not None and found != expected and not (expected == 0 and found is None):
            out.append("usage %s: %s, not %s" % (key, found, expected))
    return out


def errors(row, source):
    """A recorded refusal: every SDK raises it with the provider's status and its words."""
    stream, name = row["stream"] == "1", row["id"]
    want = read(direct[source], "from-" + source, stream, name).get("raised")
    report["errors"] += 1
    for target, client in proxied.items():
        got = read(client, "from-" + source, stream, name).get("raised") or {}
        if row["status"] == "429":
            # The recorded answer asks for a second's rest, and the proxy grants it to the provider.
            time.sleep(1.2)
        words = (want or {}).get("message") or "nothing was raised"
        if got.get("status") != int(row["status"]) or str(words) not in str(got.get("message")):
            report["different"].append("%s as %s: %s, not %s" % (name, target, got, want))


report = {"errors": 0, "read": 0, "streams": 0, "calls": 0, "raised": 0, "same": 0, "own": 0, "own_raised": 0, "translated": 0, "skipped": [], "different": []}
by = {}
for row in corpus_rows(CORPUS):
    source = APIS.get(row["api"])
    name = row["id"]
    if not source or (ONLY and not name.startswith(ONLY)) or (CHUNK and row["stream"] != "1"):
        continue
    if row["status"] != "200":
        errors(row, source)
        continue
    if name in UNREADABLE:
        report["skipped"].append("%s: %s" % (name, UNREADABLE[name]))
        continue
    stream = row["stream"] == "1"
    model = "from-" + source
    want = read(direct[source], model, stream, name)
    report["read"] += 1
    by[source] = by.get(source, 0) + 1
    report["streams"] += stream
    if not CHUNK:
        got = read(proxied[source], model, stream, name)
        if got != want:
            report["different"].append("%s same dialect: %s" % (name, str(got)[:300]))
        report["same"] += 1
        if row["provider"] in OWN and source == "openai":
            own = [read(client, model, stream, name) for client in OWN[row["provider"]]]
            report["own"] += 1
            report["own_raised"] += "raised" in own[0]
            if own[0] != own[1]:
                report["different"].append("%s its own SDK: %s" % (name, str(own[1])[:300]))
    if "raised" in want and not want["raised"]["kind"].endswith("APIError"):
        report["skipped"].append("%s: its own SDK cannot read it: %s" % (name, want["raised"]))
        continue
    report["calls"] += bool(want.get("calls"))
    report["raised"] += "raised" in want
    for target in DIALECTS:
        if target == source:
            continue
        got = read(proxied[target], model, stream, name)
        report["translated"] += 1
        for difference in differences(name, source, want, target, got):
            report["different"].append("%s as %s: %s" % (name, target, difference))
report["by"] = by
print("%.0f s" % (time.monotonic() - started), file=sys.stderr)
print(json.dumps(report, ensure_ascii=False))
