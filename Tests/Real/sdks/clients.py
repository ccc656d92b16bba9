"""The official SDKs behind one face: a conversation goes in, what the SDK hands to an application comes out as plain values.

Facts: text, thinking, calls (id, name, arguments), finish, usage (input, output, cached, reasoning; None is not said), and
`dump`, all that the SDK read. Input counts cached tokens and output counts thinking, whatever the provider's convention.
"""
import base64
import json
import pathlib
import warnings
import zlib

import anthropic
import groq
import ollama
import openai
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini
from mistralai.client import Mistral
from mistralai.client import errors as mistral_errors

warnings.filterwarnings("ignore")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "Get the weather of a city", "parameters": SCHEMA}


def png():
    """A picture of one red dot, made here."""
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


PNG = base64.b64encode(png()).decode()


# Parameters that most dialects have.
TUNED = {"temperature": 0.25, "top_p": 0.5, "stop": ["END", "FIN"], "seed": 11, "top_k": 40, "schema": SCHEMA}


class Talk:
    """A conversation in no SDK's words.

    A turn is ("user", text), ("image", text), ("calls", calls of an answer) or ("results", [(call, text)]). `tuned` asks for
    all that TUNED names, and with tools for a call of the first.
    """

    def __init__(self, *turns, system=None, tools=False, max_tokens=256, steady=False, tuned=False):
        self.turns, self.system, self.tools, self.max_tokens = turns, system, tools, max_tokens
        self.tuned = tuned
        # Temperature 0 and one seed: the same call gives the same text of a real model.
        self.steady = steady


def parsed(text):
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {"broken": text}


def facts(text, thinking, calls, finish, usage, dump, parts=()):
    return {
        "text": text or "",
        "thinking": thinking or "",
        "calls": [{"id": i, "name": n, "arguments": a} for i, n, a in calls],
        "finish": finish,
        "usage": dict(zip(("input", "output", "cached", "reasoning"), usage)) if usage else None,
        "dump": dump,
        # Kinds of content that are neither text nor thinking nor a call.
        "others": sorted(set(parts)),
    }


def total(*counts):
    return None if all(c is None for c in counts) else sum(c or 0 for c in counts)


def attribute(thing, name):
    return getattr(thing, name, None)


class OpenAI:
    dialect = "openai"
    rate_limit, not_found, bad_request = "RateLimitError", "NotFoundError", "BadRequestError"
    module, kind, suffix = openai, openai.OpenAI, "/v1"

    def __init__(self, root):
        self.client = self.kind(base_url=root + self.suffix, api_key="unused", max_retries=0, timeout=240)

    def messages(self, talk):
        out = [{"role": "system", "content": talk.system}] if talk.system else []
        for turn, what in talk.turns:
            if turn == "user":
                out.append({"role": "user", "content": what})
            elif turn == "image":
                url = {"url": "data:image/png;base64," + PNG}
                parts = [{"type": "text", "text": what}, {"type": "image_url", "image_url": url}]
                out.append({"role": "user", "content": parts})
            elif turn == "calls":
                calls = [
                    {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])}}
                    for c in what
                ]
                out.append({"role": "assistant", "content": None, "tool_calls": calls})
            else:
                out += [{"role": "tool", "tool_call_id": c["id"], "content": text} for c, text in what]
        return out

    def arguments(self, model, talk):
        out = {"model": model, "messages": self.messages(talk), "max_tokens": talk.max_tokens}
        if talk.tools:
            out["tools"] = [{"type": "function", "function": TOOL}]
        if talk.steady:
            out |= {"temperature": 0, "seed": 7}
        if talk.tuned:
            out |= {name: TUNED[name] for name in ("temperature", "top_p", "stop", "seed")}
            schema = {"name": "weather", "schema": TUNED["schema"], "strict": True}
            out["response_format"] = {"type": "json_schema", "json_schema": schema}
        if talk.tuned and talk.tools:
            out["tool_choice"] = {"type": "function", "function": {"name": TOOL["name"]}}
        return out

    def ask(self, model, talk, stream, headers=None):
        given = self.arguments(model, talk) | {"extra_headers": headers or {}}
        if stream:
            return self.gathered(self.streamed(given))
        answer = self.client.chat.completions.create(**given)
        choice = answer.choices[0] if answer.choices else None
        message = choice.message if choice else None
        calls = [(c.id, c.function.name, parsed(c.function.arguments)) for c in attribute(message, "tool_calls") or [] if c.function]
        older = attribute(message, "function_call")
        if older and older.name:
            calls.append((None, older.name, parsed(older.arguments)))
        text = self.plain(attribute(message, "content")) or attribute(message, "refusal")
        return facts(
            text, self.thinking(message), calls, choice and choice.finish_reason, self.usage(answer.usage), answer.model_dump()
        )

    def streamed(self, given):
        return self.client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **given)

    @staticmethod
    def plain(content):
        """Mistral's content may be a list of parts."""
        if not isinstance(content, list):
            return content
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict) and part.get("type") == "text")

    @staticmethod
    def thinking(message):
        content = attribute(message, "content")
        if isinstance(content, list):
            inside = [p for part in content if isinstance(part, dict) for p in part.get("thinking") or []]
            return "".join(p.get("text") or "" for p in inside)
        details = "".join(d.get("text") or "" for d in attribute(message, "reasoning_details") or [] if isinstance(d, dict))
        return attribute(message, "reasoning_content") or attribute(message, "reasoning") or details

    @staticmethod
    def usage(usage):
        if not usage:
            return None
        cached = attribute(attribute(usage, "prompt_tokens_details"), "cached_tokens")
        reasoning = attribute(attribute(usage, "completion_tokens_details"), "reasoning_tokens")
        output = usage.completion_tokens
        # xAI leaves thinking out of what it calls the completion, and says so in its sum.
        if reasoning and usage.total_tokens == usage.prompt_tokens + output + reasoning:
            output += reasoning
        return usage.prompt_tokens, output, cached, reasoning

    def gathered(self, chunks):
        text, thinking, calls, finish, usage, dump = "", "", {}, None, None, []
        for chunk in chunks:
            dump.append(chunk.model_dump())
            usage = self.usage(attribute(chunk, "usage") or attribute(attribute(chunk, "x_groq"), "usage")) or usage
            for choice in [c for c in chunk.choices or [] if c.index == 0]:
                delta = choice.delta
                text += self.plain(delta.content) or attribute(delta, "refusal") or ""
                thinking += self.thinking(delta)
                finish = choice.finish_reason or finish
                for call in delta.tool_calls or []:
                    # A provider that counts no calls sends each whole.
                    key = call.index if call.index is not None else len(calls)
                    kept = calls.setdefault(key, [None, "", ""])
                    kept[0] = call.id or kept[0]
                    # Some say the name again with each piece.
                    kept[1] = (call.function and call.function.name) or kept[1]
                    kept[2] += (call.function and call.function.arguments) or ""
        calls = [(i, n, parsed(a)) for _, (i, n, a) in sorted(calls.items())]
        return facts(text, thinking, calls, finish, usage, dump)

    def failure(self, error):
        if isinstance(error, self.module.APIStatusError):
            body = error.body if isinstance(error.body, dict) else {}
            inner = body.get("error", body)
            # Mistral says `detail` for a wrong key.
            message = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
            return {"kind": type(error).__name__, "status": error.status_code, "message": message or str(error)}
        return {"kind": type(error).__name__, "status": None, "message": str(error)}


class Groq(OpenAI):
    dialect = "openai"
    module, kind, suffix = groq, groq.Groq, ""

    def streamed(self, given):
        return self.client.chat.completions.create(stream=True, extra_body={"stream_options": {"include_usage": True}}, **given)


class MistralAI(OpenAI):
    """Its SDK asks for no usage in streams, reads no call in pieces, and knows no error in a stream."""

    dialect = "openai"
    rate_limit = not_found = bad_request = "SDKError"

    def __init__(self, root):
        self.client = Mistral(api_key="unused", server_url=root, timeout_ms=240_000)

    def arguments(self, model, talk):
        out = super().arguments(model, talk)
        if "seed" in out:
            # The one that is named otherwise.
            out["random_seed"] = out.pop("seed")
        return out

    def ask(self, model, talk, stream, headers=None):
        given = self.arguments(model, talk) | {"http_headers": headers or {}}
        if stream:
            return self.gathered(event.data for event in self.client.chat.stream(**given))
        answer = self.client.chat.complete(**given)
        choice = answer.choices[0]
        calls = [(c.id, c.function.name, self.object(c.function.arguments)) for c in choice.message.tool_calls or []]
        return facts(
            choice.message.content or "", "", calls, choice.finish_reason, self.usage(answer.usage), answer.model_dump()
        )

    @staticmethod
    def object(arguments):
        return arguments if isinstance(arguments, dict) else parsed(arguments)

    def failure(self, error):
        if isinstance(error, mistral_errors.MistralError):
            body = parsed(error.body)
            message = body.get("message") or (body.get("error") or {}).get("message")
            return {"kind": type(error).__name__, "status": error.status_code, "message": message}
        return {"kind": type(error).__name__, "status": None, "message": str(error)}


class Anthropic:
    dialect = "anthropic"
    rate_limit, not_found, bad_request = "RateLimitError", "NotFoundError", "BadRequestError"

    def __init__(self, root):
        self.client = anthropic.Anthropic(base_url=root, api_key="unused", max_retries=0, timeout=240)

    def messages(self, talk):
        out = []
        for turn, what in talk.turns:
            if turn == "user":
                out.append({"role": "user", "content": what})
            elif turn == "image":
                source = {"type": "base64", "media_type": "image/png", "data": PNG}
                parts = [{"type": "image", "source": source}, {"type": "text", "text": what}]
                out.append({"role": "user", "content": parts})
            elif turn == "calls":
                blocks = [{"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["arguments"]} for c in what]
                out.append({"role": "assistant", "content": blocks})
            else:
                blocks = [{"type": "tool_result", "tool_use_id": c["id"], "content": text} for c, text in what]
                out.append({"role": "user", "content": blocks})
        return out

    def ask(self, model, talk, stream, headers=None):
        given = {"model": model, "max_tokens": talk.max_tokens, "messages": self.messages(talk)}
        given["extra_headers"] = headers or {}
        if talk.system:
            given["system"] = talk.system
        if talk.tools:
            given["tools"] = [{"name": TOOL["name"], "description": TOOL["description"], "input_schema": SCHEMA}]
        if talk.steady:
            # The API has it; this SDK has no word for it any more.
            given["extra_body"] = {"temperature": 0}
        if talk.tuned:
            given["extra_body"] = {name: TUNED[name] for name in ("temperature", "top_p", "top_k")}
            given["stop_sequences"] = TUNED["stop"]
            given["output_config"] = {"format": {"type": "json_schema", "schema": TUNED["schema"]}}
        if talk.tuned and talk.tools:
            given["tool_choice"] = {"type": "tool", "name": TOOL["name"]}
        if stream:
            with self.client.messages.stream(**given) as events:
                dump = [event.model_dump() for event in events]
                return self.read(events.get_final_message(), dump)
        return self.read(self.client.messages.create(**given))

    @staticmethod
    def read(message, events=None):
        text, thinking, calls, others = "", "", [], []
        for block in message.content or []:
            if block.type == "text":
                text += block.text
            elif block.type == "thinking":
                thinking += block.thinking
            elif block.type == "tool_use":
                calls.append((block.id, block.name, block.input))
            else:
                others.append(block.type)
        if not text and message.stop_reason == "refusal":
            # What other dialects say as a refusal's text.
            text = attribute(attribute(message, "stop_details"), "explanation") or ""
        usage = message.usage
        count = None
        if usage:
            read = total(usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
            count = (read, usage.output_tokens, usage.cache_read_input_tokens, None)
        return facts(text, thinking, calls, message.stop_reason, count, [message.model_dump(), events], others)

    def failure(self, error):
        if isinstance(error, anthropic.APIStatusError):
            body = error.body if isinstance(error.body, dict) else {}
            return {
                "kind": type(error).__name__,
                "status": error.status_code,
                "message": (body.get("error") or {}).get("message") or str(error),
            }
        return {"kind": type(error).__name__, "status": None, "message": str(error)}


class Gemini:
    dialect = "gemini"
    rate_limit = not_found = bad_request = "ClientError"

    def __init__(self, root):
        self.client = genai.Client(api_key="unused", http_options=gemini.HttpOptions(base_url=root, timeout=240_000))

    def contents(self, talk):
        out = []
        for turn, what in talk.turns:
            if turn == "user":
                role, parts = "user", [gemini.Part(text=what)]
            elif turn == "image":
                role, parts = "user", [gemini.Part(text=what), gemini.Part.from_bytes(data=png(), mime_type="image/png")]
            elif turn == "calls":
                role = "model"
                calls = [gemini.FunctionCall(id=c["id"], name=c["name"], args=c["arguments"]) for c in what]
                parts = [gemini.Part(function_call=c) for c in calls]
            else:
                role = "user"
                given = [gemini.FunctionResponse(id=c["id"], name=c["name"], response={"result": text}) for c, text in what]
                parts = [gemini.Part(function_response=r) for r in given]
            out.append(gemini.Content(role=role, parts=parts))
        return out

    def ask(self, model, talk, stream, headers=None):
        config = gemini.GenerateContentConfig(max_output_tokens=talk.max_tokens, system_instruction=talk.system)
        config.http_options = gemini.HttpOptions(headers=headers or {})
        if talk.tools:
            declared = gemini.FunctionDeclaration(
                name=TOOL["name"], description=TOOL["description"], parameters_json_schema=SCHEMA
            )
            config.tools = [gemini.Tool(function_declarations=[declared])]
        if talk.steady:
            config.temperature, config.seed = 0, 7
        if talk.tuned:
            config.temperature, config.top_p, config.top_k = TUNED["temperature"], TUNED["top_p"], TUNED["top_k"]
            config.seed, config.stop_sequences = TUNED["seed"], TUNED["stop"]
            config.response_mime_type, config.response_json_schema = "application/json", TUNED["schema"]
        if talk.tuned and talk.tools:
            calling = gemini.FunctionCallingConfig(mode="ANY", allowed_function_names=[TOOL["name"]])
            config.tool_config = gemini.ToolConfig(function_calling_config=calling)
        given = {"model": model, "contents": self.contents(talk), "config": config}
        if stream:
            return self.read(list(self.client.models.generate_content_stream(**given)))
        return self.read([self.client.models.generate_content(**given)])

    @staticmethod
    def read(chunks):
        text, thinking, calls, finish, usage, others = "", "", [], None, None, []
        for chunk in chunks:
            for candidate in [c for c in chunk.candidates or [] if not c.index]:
                finish = candidate.finish_reason.value if candidate.finish_reason else finish
                for part in (candidate.content and candidate.content.parts) or []:
                    if part.text and part.thought:
                        thinking += part.text
                    elif part.text:
                        text += part.text
                    elif part.function_call:
                        calls.append((part.function_call.id, part.function_call.name, part.function_call.args or {}))
                    else:
                        left = part.model_dump(exclude_none=True)
                        others += [key for key in left if key not in ("text", "thought", "thought_signature")]
            used = chunk.usage_metadata
            if used:
                usage = (
                    total(used.prompt_token_count, used.tool_use_prompt_token_count),
                    total(used.candidates_token_count, used.thoughts_token_count),
                    used.cached_content_token_count,
                    used.thoughts_token_count,
                )
        dump = [chunk.model_dump(mode="json", exclude={"sdk_http_response"}) for chunk in chunks]
        return facts(text, thinking, calls, finish, usage, dump, others)

    def failure(self, error):
        if isinstance(error, gemini_errors.APIError):
            return {"kind": type(error).__name__, "status": error.code, "message": error.message}
        return {"kind": type(error).__name__, "status": None, "message": str(error)}


class Ollama:
    dialect = "ollama"
    rate_limit = not_found = bad_request = "ResponseError"

    def __init__(self, root):
        self.client = ollama.Client(host=root, timeout=240)
        self.own = dict(self.client._client.headers)

    def messages(self, talk):
        out = [{"role": "system", "content": talk.system}] if talk.system else []
        for turn, what in talk.turns:
            if turn == "user":
                out.append({"role": "user", "content": what})
            elif turn == "image":
                out.append({"role": "user", "content": what, "images": [PNG]})
            elif turn == "calls":
                calls = [{"function": {"name": c["name"], "arguments": c["arguments"]}} for c in what]
                out.append({"role": "assistant", "content": "", "tool_calls": calls})
            else:
                out += [{"role": "tool", "tool_name": c["name"], "content": text} for c, text in what]
        return out

    def ask(self, model, talk, stream, headers=None):
        # This SDK takes headers for a client, not for a call.
        self.client._client.headers.clear()
        self.client._client.headers.update(self.own | (headers or {}))
        given = {"model": model, "messages": self.messages(talk), "options": {"num_predict": talk.max_tokens}}
        if talk.tools:
            given["tools"] = [{"type": "function", "function": TOOL}]
        if talk.steady:
            given["options"] |= {"temperature": 0, "seed": 7}
        if talk.tuned:
            given["options"] |= {name: TUNED[name] for name in ("temperature", "top_p", "top_k", "stop", "seed")}
            given["format"] = TUNED["schema"]
        if stream:
            return self.read(list(self.client.chat(stream=True, **given)))
        return self.read([self.client.chat(**given)])

    @staticmethod
    def read(lines):
        text, thinking, calls, finish, usage = "", "", [], None, None
        for line in lines:
            text += line.message.content or ""
            thinking += line.message.thinking or ""
            calls += [(None, c.function.name, dict(c.function.arguments)) for c in line.message.tool_calls or []]
            finish = line.done_reason or finish
            if line.prompt_eval_count is not None or line.eval_count is not None:
                usage = (line.prompt_eval_count, line.eval_count, None, None)
        return facts(text, thinking, calls, finish, usage, [line.model_dump(mode="json") for line in lines])

    def failure(self, error):
        if isinstance(error, ollama.ResponseError):
            return {"kind": type(error).__name__, "status": error.status_code, "message": error.error}
        return {"kind": type(error).__name__, "status": None, "message": str(error)}


DIALECTS = {client.dialect: client for client in (OpenAI, Anthropic, Gemini, Ollama)}

# What each dialect's word for the end means, in one word for all.
FINISH = {
    "openai": {
        "stop": "stop", "length": "length", "tool_calls": "calls", "function_call": "calls", "content_filter": "filter",
    },
    "anthropic": {
        "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "model_context_window_exceeded": "length",
        "tool_use": "calls", "refusal": "filter", "pause_turn": "stop",
    },
    "gemini": {
        "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "filter", "RECITATION": "filter", "PROHIBITED_CONTENT": "filter",
        "BLOCKLIST": "filter", "SPII": "filter", "LANGUAGE": "filter", "IMAGE_SAFETY": "filter",
    },
    "ollama": {"stop": "stop", "length": "length"},
}


def finish(dialect, facts):
    """The meaning of the end; Gemini and Ollama say no more than `stop` when the model calls."""
    meaning = FINISH[dialect].get(facts["finish"], "other: %s" % facts["finish"])
    return "calls" if facts["calls"] and meaning == "stop" else meaning


def corpus_rows(folder):
    """The rows of the corpus as dictionaries."""
    lines = (pathlib.Path(folder) / "index.tsv").read_text().splitlines()
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]
