"""Replays answers to the official anthropic SDK and prints what it made of them.

Usage: replay.py FOLDER. The folder has NAME.sse (streams), NAME.json (whole answers), NAME.STATUS.error, models.list,
models.one and tokens.count. Prints one JSON object: by name the message, or the exception's class and words.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ["NO_PROXY"] = "*"

import anthropic  # noqa: E402  (after the environment is set)

folder = Path(sys.argv[1])


class Replay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = "models.list" if self.path.split("?")[0].endswith("/models") else "models.one"
        self.answer(200, "application/json", (folder / name).read_bytes())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.split("?")[0].endswith("/count_tokens"):
            return self.answer(200, "application/json", (folder / "tokens.count").read_bytes())
        name = body["model"]
        for file in folder.glob(name + ".*.error"):
            return self.answer(int(file.name.split(".")[-2]), "application/json", file.read_bytes())
        if body.get("stream"):
            return self.answer(200, "text/event-stream; charset=utf-8", (folder / (name + ".sse")).read_bytes())
        self.answer(200, "application/json", (folder / (name + ".json")).read_bytes())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = anthropic.Anthropic(
    api_key="none", base_url="http://127.0.0.1:%d" % server.server_address[1], max_retries=0
)


def attempt(ask):
    try:
        return ask()
    except Exception as error:
        return {"exception": type(error).__name__, "words": str(error)}


def stream(name):
    question = [{"role": "user", "content": "?"}]
    with client.messages.stream(model=name, max_tokens=9, messages=question) as events:
        for _ in events:
            pass
        return events.get_final_message().model_dump(mode="json", exclude_none=True)


def create(name):
    question = [{"role": "user", "content": "?"}]
    return client.messages.create(model=name, max_tokens=9, messages=question).model_dump(
        mode="json", exclude_none=True
    )


heard = {}
for file in sorted(folder.iterdir()):
    if file.suffix == ".sse":
        heard[file.name] = attempt(lambda: stream(file.stem))
    elif file.suffix == ".json":
        heard[file.name] = attempt(lambda: create(file.stem))
    elif file.suffix == ".error":
        heard[file.name] = attempt(lambda: create(file.name.split(".")[0]))
if (folder / "models.list").exists():
    heard["models.list"] = attempt(lambda: {"ids": [model.id for model in client.models.list()]})
    heard["models.one"] = attempt(lambda: client.models.retrieve("x").model_dump(mode="json", exclude_none=True))
    question = [{"role": "user", "content": "?"}]
    heard["tokens.count"] = attempt(
        lambda: client.messages.count_tokens(model="m", messages=question).model_dump(exclude_none=True)
    )
json.dump(heard, sys.stdout)
server.shutdown()
