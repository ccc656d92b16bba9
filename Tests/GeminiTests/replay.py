"""Replays answers to Google's google-genai library and prints what it made of them, and the requests it sent.

Usage: replay.py FOLDER, which has NAME.sse (streams), NAME.json (answers), NAME.STATUS.error, embed, count and models.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ["NO_PROXY"] = "*"

from google import genai  # noqa: E402  (after the environment is set)
from google.genai import types  # noqa: E402

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
        self.answer(200, "application/json", (folder / "models").read_bytes())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name, method = self.path.split("?")[0].split("/models/")[1].split(":")
        requests.append({"method": method, "model": name, "body": body})
        for file in folder.glob(name + ".*.error"):
            return self.answer(int(file.name.split(".")[-2]), "application/json", file.read_bytes())
        if method == "streamGenerateContent":
            return self.answer(200, "text/event-stream", (folder / (name + ".sse")).read_bytes())
        kind = {"batchEmbedContents": "embed", "countTokens": "count"}.get(method, name + ".json")
        self.answer(200, "application/json; charset=UTF-8", (folder / kind).read_bytes())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = genai.Client(
    api_key="none", http_options={"base_url": "http://127.0.0.1:%d" % server.server_address[1]}
)


def attempt(ask):
    try:
        return ask()
    except Exception as error:
        return {
            "error": type(error).__name__,
            "code": getattr(error, "code", None),
            "status": getattr(error, "status", None),
            "message": getattr(error, "message", str(error)),
        }


def told(answer):
    return json.loads(answer.model_dump_json(exclude_none=True, exclude={"sdk_http_response", "parsed"}))


def weather(city: str) -> str:
    """Tells the weather.

    Args:
        city: where
    """
    return "sunny in " + city


config = types.GenerateContentConfig(
    system_instruction="Be brief.",
    tools=[weather],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    temperature=0.5,
    max_output_tokens=99,
    stop_sequences=["END"],
    thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="LOW"),
    safety_settings=[
        types.SafetySetting(category="HARM_CATEGORY_HATE_SPEECH", threshold="BLOCK_NONE")
    ],
)
said = {"answers": {}, "streams": {}}
for file in sorted(folder.iterdir()):
    name = file.name.split(".")[0]
    if file.suffix in (".json", ".error"):
        said["answers"][name] = attempt(
            lambda: told(client.models.generate_content(model=name, contents="hi", config=config))
        )
    elif file.suffix == ".sse":
        said["streams"][name] = attempt(
            lambda: [told(c) for c in client.models.generate_content_stream(model=name, contents="hi", config=config)]
        )


def loop():
    """A whole loop: the library sends back what it was given, with the answers of the functions."""
    chat = client.chats.create(model="whole", config=config)
    parts = [p for c in chat.send_message_stream("go") for p in (c.candidates[0].content.parts or [])]
    calls = [p.function_call for p in parts if p.function_call]
    list(
        chat.send_message_stream(
            [types.Part.from_function_response(name=c.name, response={"result": 1}) for c in calls]
        )
    )
    return requests[-1]["body"]


said["loop"] = attempt(loop)
said["embed"] = attempt(lambda: told(client.models.embed_content(model="e", contents=["a", "b"])))
said["count"] = attempt(lambda: told(client.models.count_tokens(model="c", contents="hi")))
said["models"] = attempt(lambda: [m.name for m in client.models.list()])
said["requests"] = requests
print(json.dumps(said))
sys.stdout.flush()
os._exit(0)
