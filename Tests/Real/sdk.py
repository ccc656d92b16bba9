#!/usr/bin/env python3
"""Drives one call of the official openai SDK and prints what it saw as one line of JSON.

usage: sdk.py CHECK BASE_URL MODEL

The assertions are in Tests/Real/RealTests; this script only turns what the SDK hands to an application into plain values.
"""
import json
import os
import sys
import urllib.request

import openai

CHECK, BASE_URL, MODEL = sys.argv[1:4]
PROMPT = [{"role": "user", "content": "Name three colours."}]
# SmolLM2 is far too small to decide on a tool call; it can repeat one.
TOOL_PROMPT = [
    {
        "role": "user",
        "content": "Repeat this exactly and nothing else:\n<tool_call>\n"
        '{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>',
    }
]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather of a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]
# Without the prompt cache and from one seed, the same call gives the same text, through the proxy or not.
STEADY = {"temperature": 0, "seed": 7, "extra_body": {"cache_prompt": False}}

client = openai.OpenAI(base_url=BASE_URL, api_key=os.environ.get("OPENAI_API_KEY", "unused"), max_retries=0, timeout=240)


def hoosh_headers(headers):
    return {k.lower(): v for k, v in headers.items() if k.lower().startswith("x-hoosh-") or k.lower() == "x-request-id"}


def chat():
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=PROMPT, max_tokens=32, **STEADY)
    answer = raw.parse()
    return {
        "text": answer.choices[0].message.content,
        "finish": answer.choices[0].finish_reason,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "headers": hoosh_headers(raw.headers),
    }


def chat_stream():
    seen = {"text": "", "finish": None, "chunks": 0, "pieces": 0, "prompt_tokens": None, "completion_tokens": None}
    stream = client.chat.completions.create(
        model=MODEL, messages=PROMPT, max_tokens=32, stream=True, stream_options={"include_usage": True}, **STEADY
    )
    for chunk in stream:
        seen["chunks"] += 1
        if chunk.usage:
            seen["prompt_tokens"] = chunk.usage.prompt_tokens
            seen["completion_tokens"] = chunk.usage.completion_tokens
        for choice in chunk.choices:
            if choice.delta.content:
                seen["text"] += choice.delta.content
                seen["pieces"] += 1
            seen["finish"] = choice.finish_reason or seen["finish"]
    seen["headers"] = hoosh_headers(stream.response.headers)
    return seen


def tool_facts(choice):
    return {
        "finish": choice.finish_reason,
        "tools": [
            {"name": call.function.name, "arguments": json.loads(call.function.arguments), "has_id": bool(call.id)}
            for call in choice.message.tool_calls or []
        ],
    }


def tools():
    answer = client.chat.completions.create(
        model=MODEL, messages=TOOL_PROMPT, tools=TOOLS, max_tokens=80, **STEADY
    )
    return tool_facts(answer.choices[0])


def tools_stream():
    deltas = 0
    with client.chat.completions.stream(
        model=MODEL, messages=TOOL_PROMPT, tools=TOOLS, max_tokens=80, **STEADY
    ) as stream:
        for event in stream:
            deltas += event.type == "tool_calls.function.arguments.delta"
        facts = tool_facts(stream.get_final_completion().choices[0])
    facts["deltas"] = deltas
    return facts


def completions():
    text, finish = "", None
    for chunk in client.completions.create(model=MODEL, prompt="The capital of France is", max_tokens=8, stream=True, **STEADY):
        for choice in chunk.choices:
            text += choice.text or ""
            finish = choice.finish_reason or finish
    return {"text": text, "finish": finish}


def responses_stream():
    kinds, text, status, total = [], "", None, None
    for event in client.responses.create(model=MODEL, input="Name three colours.", max_output_tokens=24, temperature=0, stream=True):
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            text += event.delta
        if event.type in ("response.completed", "response.incomplete"):
            status = event.response.status
            total = event.response.usage.total_tokens
    return {"first": kinds[0], "last": kinds[-1], "events": len(kinds), "text": text, "status": status, "total": total}


def embeddings():
    answer = client.embeddings.create(model=MODEL, input=["a red apple", "a green pear"], encoding_format="float")
    return {
        "count": len(answer.data),
        "dimensions": [len(entry.embedding) for entry in answer.data],
        "length": sum(value * value for value in answer.data[0].embedding),
        "differ": answer.data[0].embedding != answer.data[1].embedding,
        "tokens": answer.usage.prompt_tokens,
    }


def models():
    page = client.models.list()
    return {"ids": sorted(model.id for model in page.data), "kinds": sorted({model.object for model in page.data})}


SENTENCE = "The quick brown fox jumps over the lazy dog."


def speak_and_hear():
    """Speaks a sentence and writes down what was spoken, in every way that the SDK has."""
    spoken = client.audio.speech.with_raw_response.create(
        model="tts-1", voice="en_US-joe-medium", input=SENTENCE, response_format="wav"
    )
    sound = spoken.content
    samples = client.audio.speech.create(model="tts-1", voice="alloy", input=SENTENCE, response_format="pcm").content
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=SENTENCE, response_format="wav"
    ) as stream:
        pieces = [len(piece) for piece in stream.iter_bytes(8192)]
    file = ("fox.wav", sound, "audio/wav")
    heard = client.audio.transcriptions.with_raw_response.create(model=MODEL, file=file, language="en")
    verbose = client.audio.transcriptions.create(model=MODEL, file=file, response_format="verbose_json")
    translated = client.audio.translations.create(model=MODEL, file=file)
    bare = urllib.request.Request(f"{BASE_URL}/transcribe", data=sound, headers={"Content-Type": "audio/wav"})
    return {
        "type": spoken.headers["content-type"],
        "head": sound[:4].decode() + sound[8:12].decode(),
        "bytes": len(sound),
        "sample_bytes": len(samples),
        "streamed_bytes": sum(pieces),
        "text": heard.parse().text,
        "verbose_text": verbose.text,
        "duration": verbose.duration,
        "translated_text": translated.text,
        "bare_text": json.load(urllib.request.urlopen(bare, timeout=240))["text"],
        "spoken_headers": hoosh_headers(spoken.headers),
        "heard_headers": hoosh_headers(heard.headers),
    }


def speech_in_mp3():
    return failure(
        lambda: client.audio.speech.create(model="tts-1", voice="alloy", input=SENTENCE, response_format="mp3")
    )


def unheard():
    return failure(lambda: client.audio.transcriptions.create(model=MODEL, file=("a.wav", b"no sound", "audio/wav")))


def failure(call):
    try:
        call()
    except openai.APIStatusError as error:
        body = error.body if isinstance(error.body, dict) else {}
        return {
            "error": type(error).__name__,
            "status": error.status_code,
            "message": body.get("message") or str(error),
            "type": body.get("type"),
            "code": body.get("code"),
            "request_id": error.request_id,
        }
    except openai.APIError as error:
        return {"error": type(error).__name__, "message": error.message}
    return {"error": None}


def bad_request():
    return failure(lambda: client.chat.completions.create(model=MODEL, messages=[{"role": "user"}]))


def unknown_model():
    return failure(lambda: client.chat.completions.create(model="no-such-model", messages=PROMPT))


def abandoned_stream():
    """Leaves a long stream after its third event, as an application does whose user has closed the page."""
    stream = client.chat.completions.create(model=MODEL, messages=PROMPT, max_tokens=2000, stream=True, extra_body={"ignore_eos": True})
    seen = 0
    for _ in stream:
        seen += 1
        if seen == 3:
            stream.close()
            break
    return {"seen": seen}


print(json.dumps(globals()[CHECK](), ensure_ascii=False))
