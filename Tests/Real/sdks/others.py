#!/usr/bin/env python3
"""The surfaces of OpenAI that a provider of chats alone does not have, through the proxy; prints one line of JSON.

usage: others.py PROXY MODEL...

MODEL: models of providers that have chats only, in whatever format.
"""
import json
import sys

import anthropic
import ollama
import openai
from google import genai
from google.genai import types as gemini

PROXY, MODELS = sys.argv[1], sys.argv[2:]
client = openai.OpenAI(base_url=PROXY + "/v1", api_key="unused", max_retries=0, timeout=60)
report = {"checks": 0, "different": []}
SAID = "This is hoosh-mock, an embedded test upstream that runs no model. You said: "
TOOLS = [{"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}, "strict": False}]


def check(where, name, claim, shown=""):
    report["checks"] += 1
    if not claim:
        report["different"].append("%s, %s: %s" % (where, name, str(shown)[:700]))


def response(model):
    answer = client.responses.create(model=model, input="ping", instructions="Be brief.")
    check(model, "text", answer.output_text == SAID + "ping", answer)
    check(model, "status", answer.status == "completed", answer.status)
    usage = answer.usage
    check(model, "usage", (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (1, 14, 15), usage)


def response_stream(model):
    kinds, text, numbers = [], "", []
    for event in client.responses.create(model=model, input="ping", stream=True):
        kinds.append(event.type)
        numbers.append(event.sequence_number)
        text += event.delta if event.type == "response.output_text.delta" else ""
    check(model, "text of deltas", text == SAID + "ping", text)
    check(model, "first and last", (kinds[0], kinds[-1]) == ("response.created", "response.completed"), kinds)
    check(model, "numbers", numbers == list(range(len(numbers))), numbers)
    check(model, "text at the end", event.response.output_text == SAID + "ping", event.response)
    check(model, "usage at the end", event.response.usage.output_tokens == 14, event.response.usage)
    # The SDK's own gathering asserts that indices and items fit one another.
    with client.responses.stream(model=model, input="ping") as stream:
        for _ in stream:
            pass
        check(model, "gathered", stream.get_final_response().output_text == SAID + "ping", "")


def response_tools(model):
    for stream in (False, True):
        ask = [{"role": "user", "content": "Call the tool"}]
        if stream:
            with client.responses.stream(model=model, input=ask, tools=TOOLS) as events:
                for _ in events:
                    pass
                first = events.get_final_response()
        else:
            first = client.responses.create(model=model, input=ask, tools=TOOLS)
        calls = [item for item in first.output if item.type == "function_call"]
        check(model, "call", [(c.name, json.loads(c.arguments)) for c in calls] == [("get_weather", {"input": "mock"})], first)
        if not calls:
            continue
        given = ask + [
            {"type": "function_call", "call_id": calls[0].call_id, "name": calls[0].name, "arguments": calls[0].arguments},
            {"type": "function_call_output", "call_id": calls[0].call_id, "output": "21 degrees"},
        ]
        second = client.responses.create(model=model, input=given, tools=TOOLS)
        check(model, "second turn", "The tool said: " in second.output_text and "21 degrees" in second.output_text, second)


def completion(model):
    answer = client.completions.create(model=model, prompt="ping", max_tokens=64)
    check(model, "completion", answer.choices[0].text == SAID + "ping", answer)
    check(model, "finish of a completion", answer.choices[0].finish_reason == "stop", answer)
    check(model, "usage of a completion", answer.usage.completion_tokens == 14, answer.usage)
    text, finish, usage = "", None, None
    for chunk in client.completions.create(
        model=model, prompt="ping", max_tokens=64, stream=True, stream_options={"include_usage": True}
    ):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.text
            finish = choice.finish_reason or finish
    check(model, "streamed completion", (text, finish) == (SAID + "ping", "stop"), (text, finish))
    check(model, "usage of a streamed completion", usage and usage.completion_tokens == 14, usage)


def errors(model):
    for call in (client.responses.create, client.completions.create):
        given = {"input": "x"} if call == client.responses.create else {"prompt": "x"}
        try:
            answer = call(model=model, extra_headers={"x-mock-status": "429"}, **given)
            check(model, "an error", False, answer)
        except openai.RateLimitError as error:
            check(model, "an error", "hoosh-mock was asked to fail" in error.message, error)


def generated(model):
    """Ollama's older endpoint, through the ollama SDK."""
    sdk = ollama.Client(host=PROXY, timeout=60)
    answer = sdk.generate(model=model, prompt="ping")
    check(model, "generated", answer.response == SAID + "ping" and answer.done_reason == "stop", answer)
    lines = list(sdk.generate(model=model, prompt="ping", stream=True))
    check(model, "generated stream", "".join(line.response for line in lines) == SAID + "ping" and lines[-1].done, lines[-1])


def dropped(model):
    """What the provider's format has no word for is named."""
    given = {"model": model, "messages": [{"role": "user", "content": "ping"}], "logit_bias": {"50256": -100}, "seed": 3}
    raw = client.chat.completions.with_raw_response.create(**given)
    named = set((raw.headers.get("x-hoosh-dropped-params") or "").split(", ")) - {""}
    wanted = {
        "to-openai": set(), "to-anthropic": {"logit_bias", "seed"}, "to-gemini": {"logit_bias"}, "to-ollama": {"logit_bias"},
    }
    check(model, "dropped parameters", named == wanted[model], raw.headers)


def listed(model):
    """Models in the shapes of OpenAI and of Anthropic, and Ollama's."""
    # The mock answers for the provider, so its list is of the proxy's own making.
    ids = [entry.id for entry in client.models.list().data]
    claude = anthropic.Anthropic(base_url=PROXY, api_key="unused", max_retries=0)
    check(model, "Anthropic's list", [entry.id for entry in claude.models.list().data] == ids, ids)
    tags = [entry.model for entry in ollama.Client(host=PROXY, timeout=60).list().models]
    check(model, "Ollama's list", tags == ids, (tags, ids))


def embedded(model):
    """Vectors in the words of OpenAI, Ollama and Gemini are the same ones, from whatever provider."""
    texts = ["a red apple", "a green pear"]
    if model == "to-anthropic":  # which has no vectors
        try:
            return check(model, "no vectors", False, client.embeddings.create(model=model, input=texts))
        except openai.NotFoundError as error:
            return check(model, "no vectors", "to-anthropic" in error.message, error)
    answer = client.embeddings.create(model=model, input=texts, encoding_format="float")
    vectors = [entry.embedding for entry in answer.data]
    check(model, "two vectors of eight", [len(vector) for vector in vectors] == [8, 8] and vectors[0] != vectors[1], answer)
    coded = client.embeddings.create(model=model, input=texts)  # the SDK asks for base64 and reads it
    near = all(abs(x - y) < 1e-6 for one, two in zip([e.embedding for e in coded.data], vectors) for x, y in zip(one, two))
    check(model, "vectors in base64", near, coded)
    own = ollama.Client(host=PROXY, timeout=60).embed(model=model, input=texts).embeddings
    check(model, "Ollama's vectors", [list(vector) for vector in own] == vectors, own)
    google = genai.Client(api_key="unused", http_options=gemini.HttpOptions(base_url=PROXY))
    theirs = google.models.embed_content(model=model, contents=texts).embeddings
    check(model, "Gemini's vectors", [entry.values for entry in theirs] == vectors, theirs)


def counted(model):
    """Token counts in Anthropic's and Gemini's words: a number above zero, counted or estimated."""
    claude = anthropic.Anthropic(base_url=PROXY, api_key="unused", max_retries=0)
    count = claude.messages.count_tokens(model=model, messages=[{"role": "user", "content": "one two three"}])
    check(model, "Anthropic's count", count.input_tokens > 0, count)
    google = genai.Client(api_key="unused", http_options=gemini.HttpOptions(base_url=PROXY))
    count = google.models.count_tokens(model=model, contents="one two three")
    check(model, "Gemini's count", (count.total_tokens or 0) > 0, count)


for model in MODELS:
    for part in (response, response_stream, response_tools, completion, errors, generated, counted, dropped, listed, embedded):
        try:
            part(model)
        except Exception as error:
            check(model, part.__name__ + " raised", False, "%s: %s" % (type(error).__name__, error))
print(json.dumps(report, ensure_ascii=False))
