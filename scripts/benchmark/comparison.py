"""Whether contenders give the same JSON, which they have to before they are measured."""

import json
from typing import Any

import httpx

from .servers import Server, ServerFailed
from .workloads import SERIAL, Workload


def check_answers(servers: list[Server], workload: Workload) -> dict[Server, int]:
    """How many bytes each one's answer has; raises ServerFailed where any differs from the first."""
    body = workload.body.replace(SERIAL, "0" * 10)
    answers = {server: server.post(body) for server in servers}
    contents = {server: _content(server, answer, workload) for server, answer in answers.items()}
    for server in servers[1:]:
        if difference := _difference(contents[servers[0]], contents[server], "answer"):
            raise ServerFailed(f"{workload.name}: {servers[0].name} and {server.name} differ at {difference}.")
    return {server: len(answer.content) for server, answer in answers.items()}


def _content(server: Server, answer: httpx.Response, workload: Workload) -> Any:
    content = answer.json() if answer.is_success else None
    if not isinstance(content, dict) or content.keys() != {"data"}:
        raise ServerFailed(f"{workload.name}: {server.name} answers {answer.status_code} {answer.text[:500]}")
    return content


def _difference(left: Any, right: Any, place: str) -> str | None:
    """Where two values differ, the order of keys included, and how."""
    if isinstance(left, dict) and isinstance(right, dict) and list(left) == list(right):
        pairs = [(left[name], right[name], f"{place}.{name}") for name in left]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(*each, f"{place}[{index}]") for index, each in enumerate(zip(left, right, strict=True))]
    else:
        shown = json.dumps(left, ensure_ascii=False), json.dumps(right, ensure_ascii=False)
        return None if shown[0] == shown[1] else f"{place}: {shown[0][:200]} and {shown[1][:200]}"
    return next(filter(None, (_difference(*pair) for pair in pairs)), None)
