"""The README keeps its word: its examples get their answers, and each setting is there once, with its default."""

import json
import re
from pathlib import Path

import pytest

from gateway.cli.demo_data import load_demo_data
from gateway.settings import Settings
from tests.client import GatewayClient

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.anyio
async def test_the_example_gets_the_answer_that_is_printed(gateway: GatewayClient) -> None:
    await load_demo_data(gateway.database, 1_000, seed=1)
    [request] = re.findall(r"-d '(.*)'", README)
    answer = re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0]
    assert {"data": await gateway.data(json.loads(request)["query"])} == json.loads(answer)


@pytest.mark.anyio
async def test_the_life_of_a_device_goes_as_it_is_told(gateway: GatewayClient) -> None:
    await load_demo_data(gateway.database, 1_000, seed=1)
    steps = re.findall(r"```graphql\n(.*?)```\n\n```json\n(.*?)```", README, re.DOTALL)
    assert len(steps) == 6
    for request, answer in steps:
        assert {"data": await gateway.data(request)} == json.loads(answer)


def test_each_setting_is_described_once() -> None:
    rows = [line.split("|") for line in README.splitlines() if line.startswith("| `GATEWAY_")]
    described = [name for row in rows for name in re.findall(r"`(GATEWAY_[A-Z_]+)`", row[1])]
    assert sorted(described) == sorted(f"GATEWAY_{name.upper()}" for name in Settings.model_fields)


def test_each_default_is_as_described() -> None:
    for line in README.splitlines():
        if line.startswith("| `GATEWAY_"):
            _, names, defaults, *_ = line.split("|")
            for name, default in zip(
                re.findall(r"`GATEWAY_([A-Z_]+)`", names), re.findall(r"`(.*?)`", defaults) or [""], strict=True
            ):
                value = Settings.model_fields[name.lower()].default
                shown = "" if value is None or value == () else str(value)
                if isinstance(value, bool):
                    shown = shown.lower()
                assert default == shown, name
