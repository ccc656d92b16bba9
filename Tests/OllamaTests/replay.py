"""Replays answers to Ollama's own library and prints what it made of them, and the requests it sent.

Usage: replay.py FOLDER, which has chat.json, chat.ndjson, generate.json, generate.ndjson, failing.ndjson,
e404.404.error, embed, tags and show.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ["NO_PROXY"] = "*"

import ollama  # noqa: E402  (after the environment is set)

folder = Path(sys.argv[1])
requests = []


class Replay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, "application/json", (folder / "tags").read_bytes())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        requests.append({"path": self.path, "body": body})
        for file in folder.glob(body["model"] + ".*.error"):
            return self.answer(int(file.name.split(".")[-2]), "application/json", file.read_bytes())
        method = self.path.split("/")[-1]
        if method in ("embed", "show"):
            return self.answer(200, "application/json", (folder / method).read_bytes())
        if body.get("stream", True):
            return self.answer(200, "application/x-ndjson", (folder / (body["model"] + ".ndjson")).read_bytes())
        self.answer(200, "application/json", (folder / (body["model"] + ".json")).read_bytes())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = ollama.Client(host="http://127.0.0.1:%d" % server.server_address[1])


def attempt(ask):
    try:
        return ask()
    except Exception as error:
        return {
            "error": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": getattr(error, "error", str(error)),
        }


def told(answer):
    return json.loads(answer.model_dump_json(exclude_none=True))


def weather(city: str) -> str:
    """Tells the weather.

    Args:
        city: where
    """
    return "sunny in " + city


hi = [{"role": "user", "content": "hi", "images": ["iVBORw0KGgo="]}]
extra = {"tools": [weather], "think": True, "options": {"num_predict": 99}, "keep_alive": "5m"}
said = {
    "chat": attempt(lambda: told(client.chat(model="chat", messages=hi, **extra))),
    "stream": attempt(lambda: [told(c) for c in client.chat(model="chat", messages=hi, stream=True, **extra)]),
    "generate": attempt(lambda: told(client.generate(model="generate", prompt="hi", system="Be brief."))),
    "generated": attempt(lambda: [told(c) for c in client.generate(model="generate", prompt="hi", stream=True)]),
    "failing": attempt(lambda: [told(c) for c in client.chat(model="failing", messages=hi, stream=True)]),
    "missing": attempt(lambda: told(client.chat(model="e404", messages=hi))),
    "embed": attempt(lambda: told(client.embed(model="e", input=["a", "b"]))),
    "tags": attempt(lambda: told(client.list())),
    "show": attempt(lambda: told(client.show("a"))),
}


def loop():
    """A whole loop: the library sends back the message it was given, with the answer of the function."""
    answer = client.chat(model="chat", messages=hi, **extra)
    messages = hi + [answer.message]
    for call in answer.message.tool_calls or []:
        messages.append({"role": "tool", "tool_name": call.function.name, "content": "sunny"})
    client.chat(model="chat", messages=messages, **extra)
    return requests[-1]["body"]


said["loop"] = attempt(loop)
said["requests"] = requests
print(json.dumps(said))
sys.stdout.flush()
os._exit(0)
