"""Replays answers to the official openai SDK and prints what it made of them.

Usage: replay.py FOLDER. The folder has NAME.chat, NAME.responses and NAME.completions (streams), the same with .json
behind (whole answers), and NAME.STATUS.error. Prints one JSON object: by name the answer, or the exception's class and
words.
"""

import json
import sys
from pathlib import Path

import httpx
import openai

folder = Path(sys.argv[1])


def client(body, kind, status=200):
    def answer(_):
        return httpx.Response(status, content=body, headers={"content-type": kind})

    transport = httpx.Client(transport=httpx.MockTransport(answer))
    return openai.OpenAI(api_key="none", base_url="http://replay/v1", http_client=transport, max_retries=0)


def plain(answer):
    # A member of the wrong type is an error, not a warning.
    return answer.model_dump(mode="json", exclude_none=True, warnings="error")


def chat_stream(sdk):
    with sdk.chat.completions.stream(model="m", messages=[], stream_options={"include_usage": True}) as events:
        for _ in events:
            pass
        return plain(events.get_final_completion())


def responses_stream(sdk):
    numbers = []
    with sdk.responses.stream(model="m", input="?") as events:
        for event in events:
            numbers.append(event.sequence_number)
            last = event
    if numbers != list(range(len(numbers))):
        raise ValueError("numbers out of order: %s" % numbers)
    return {"type": last.type, **plain(last.response)}


def completions_stream(sdk):
    chunks = [plain(chunk) for chunk in sdk.completions.create(model="m", prompt="?", stream=True)]
    return {"text": "".join(choice["text"] for chunk in chunks for choice in chunk["choices"])}


ways = {
    ".chat": (chat_stream, lambda sdk: plain(sdk.chat.completions.create(model="m", messages=[]))),
    ".responses": (responses_stream, lambda sdk: plain(sdk.responses.create(model="m", input="?"))),
    ".completions": (completions_stream, lambda sdk: plain(sdk.completions.create(model="m", prompt="?"))),
}


def hear(file):
    body = file.read_bytes()
    if file.suffix == ".error":
        return ways[".chat"][1](client(body, "application/json", int(file.name.split(".")[-2])))
    if file.suffix == ".json":
        return ways[Path(file.stem).suffix][1](client(body, "application/json"))
    return ways[file.suffix][0](client(body, "text/event-stream"))


heard = {}
for file in sorted(folder.iterdir()):
    try:
        heard[file.name] = hear(file)
    except Exception as error:
        heard[file.name] = {"exception": type(error).__name__, "words": str(error)}
json.dump(heard, sys.stdout)
