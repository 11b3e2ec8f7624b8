"""What the fake OpenAI answers, in OpenAI's shapes; its embeddings are alike when texts share words."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import toktok

JSON = dict[str, Any]

# Places of the vector one word touches.
PLACES = 8
MAX_INPUTS = 2_048
MAX_TOKENS = 300_000
MAX_INPUT_TOKENS = 8_192
NATIVE_DIMENSIONS = {
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
}


def tokens(*texts: str) -> list[int]:
    return list(toktok.batch_count(texts, "cl100k_base", threads=1))


@functools.lru_cache(maxsize=50_000)
def _word(word: str, dimensions: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    digest = hashlib.shake_128(word.encode()).digest(PLACES * 4)
    numbers = np.frombuffer(digest, dtype="<u4")
    # Short words say little, as in real text: "the" must not make two texts alike.
    weight = np.float32(max(min(len(word), 9) - 2, 0.3))
    signs = np.where(numbers & 1, weight, -weight).astype(np.float32)
    return ((numbers >> 1) % dimensions).astype(np.intp), signs


def embedding(text: str, dimensions: int) -> npt.NDArray[np.float32]:
    """Return a unit vector made of the text's words alone: the same text always gives the same vector."""
    vector = np.zeros(dimensions, dtype=np.float32)
    for word in {found.rstrip("s") for found in re.findall(r"\w+", text.lower())} or {text}:
        places, signs = _word(word, dimensions)
        np.add.at(vector, places, signs)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def error(message: str, *, code: str, kind: str = "invalid_request_error", param: str | None = None) -> JSON:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def embeddings_problem(body: JSON, counts: list[int]) -> JSON | None:
    """Return OpenAI's 400 body for a request over its limits, None for a good one."""
    inputs = body["input"]
    if not inputs or any(text == "" for text in inputs):
        return error("'$.input' is invalid. Please check the API reference.", code="invalid_input", param="input")
    if len(inputs) > MAX_INPUTS:
        return error(
            f"'$.input' is too long: at most {MAX_INPUTS} items.",
            code="array_above_max_length",
            param="input",
        )
    if max(counts) > MAX_INPUT_TOKENS:
        message = f"The maximum input is {MAX_INPUT_TOKENS} tokens, you requested {max(counts)}."
        return error(message, code="context_length_exceeded", param="input")
    if sum(counts) > MAX_TOKENS:
        message = f"Requested {sum(counts)} tokens, max {MAX_TOKENS} tokens per request"
        return error(message, code="max_tokens_per_request", kind="max_tokens_per_request", param="input")
    return None


def embeddings(body: JSON, *, dimensions: int, counts: list[int], fault: str) -> JSON:
    """Return what /v1/embeddings answers with, spoiled by `fault` ("" for none)."""
    if fault == "dimension":
        dimensions += 1
    vectors = [embedding(text, dimensions) for text in body["input"]]
    if fault in {"nan", "zero"}:
        vectors[0][:] = np.nan if fault == "nan" else 0
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector.tolist()}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
    return {"object": "list", "data": _arranged(data, fault), "model": body["model"], "usage": usage}


def _arranged(data: list[JSON], fault: str) -> list[JSON]:
    if fault == "few":
        return data[:-1]
    return data[::-1] if fault == "shuffled" else data


def _packed(vector: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def echo(prompt: str, schema: JSON) -> JSON:
    """Fill a schema: every string gets the prompt's first long line, every number a 1."""
    lines = (line.strip() for line in prompt.splitlines())
    first = next((line for line in lines if len(line) > 40), prompt[:200])
    filled: JSON = _filled(schema, first)
    return filled


def _filled(schema: JSON, text: str) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {name: _filled(part, text) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [_filled(schema["items"], text)]
        case "integer" | "number":
            return 1
        case "boolean":
            return False
    return text


def wanted(body: JSON) -> tuple[str, str, JSON]:
    """Return the prompt, the format's name and the schema of a request in either dialect."""
    if "input" in body:
        shape, prompt = body["text"]["format"], body["input"]
    else:
        shape, prompt = body["response_format"], body["messages"][-1]["content"]
    schema = shape.get("schema") or shape.get("json_schema", {}).get("schema") or {"type": "object"}
    return prompt, shape["type"], schema


def answer(path: str, body: JSON, text: str, *, fault: str) -> JSON:
    """Return a reply in the path's dialect, spoiled by `fault` ("" for none)."""
    text = {"incomplete": text[: len(text) // 2], "invalid_object": text[:-1]}.get(fault, text)
    refusal = "I cannot help with that." if fault == "refusal" else ""
    text = "" if fault in {"empty", "refusal", "failed"} else text
    if path == "/responses":
        status = {"incomplete": "incomplete", "filtered": "incomplete", "failed": "failed"}.get(fault, "completed")
        reason = {"incomplete": "max_output_tokens", "filtered": "content_filter"}.get(fault, "")
        return response(body, text, status=status, refusal=refusal, reason=reason)
    finish = {"incomplete": "length", "filtered": "content_filter"}.get(fault, "stop")
    return chat(body, text, finish=finish, refusal=refusal)


def response(body: JSON, text: str, *, status: str = "completed", refusal: str = "", reason: str = "") -> JSON:
    """Return what /v1/responses answers with."""
    part: JSON = {"type": "refusal", "refusal": refusal} if refusal else {"type": "output_text", "text": text}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": [part]}
    output: list[JSON] = [{"id": "rs_1", "type": "reasoning", "summary": []}]
    used_in, used_out = tokens(f"{body.get('instructions', '')}{body['input']}", text)
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "model": body["model"],
        "output": output + ([message] if text or refusal else []),
        "incomplete_details": {"reason": reason} if reason else None,
        "error": {"code": "server_error", "message": "It broke."} if status == "failed" else None,
        "usage": {
            "input_tokens": used_in,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": used_out,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used_in + used_out,
        },
    }


def chat(body: JSON, text: str, *, finish: str, refusal: str) -> JSON:
    """Return what /v1/chat/completions answers with."""
    used_in, used_out = tokens(json.dumps(body["messages"]), text)
    message = {"role": "assistant", "content": text or None, "refusal": refusal or None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": used_in,
            "completion_tokens": used_out,
            "total_tokens": used_in + used_out,
        },
    }
