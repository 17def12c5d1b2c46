"""Names of devices and groups stay on one line: no character in them ends a line by any reading."""

import pytest

from gateway.domain.quoting import quoted
from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.mutations.support import NEW_DEVICE, NEW_GROUP, NOT_BLANK, Json, changed, error, refused

pytestmark = pytest.mark.anyio

LINE_TERMINATORS = {"\n": "LF", "\r": "CR", "\x85": "U+0085", "\u2028": "U+2028", "\u2029": "U+2029"}
MUTATIONS = ("createDevice", "updateDevice", "createDeviceGroup", "updateDeviceGroup")
each_mutation = pytest.mark.parametrize("mutation", MUTATIONS)


async def input_of(mutation: str, factory: RowFactory, name: str) -> Json:
    inputs: dict[str, Json] = {
        "createDevice": NEW_DEVICE,
        "updateDevice": {"device": (await factory.device())["id"]},
        "createDeviceGroup": NEW_GROUP,
        "updateDeviceGroup": {"id": (await factory.group())["id"]},
    }
    return {**inputs[mutation], "name": name}


@each_mutation
@pytest.mark.parametrize("terminator", LINE_TERMINATORS)
async def test_a_name_with_a_line_terminator_is_refused_wherever_it_is(
    gateway: GatewayClient, factory: RowFactory, mutation: str, terminator: str
) -> None:
    for place in ("Pu{}mp", "{}Pump", "Pump{}", "{0}{0}Pump"):
        name = place.format(terminator)
        message = f"name: {quoted(name)} contains {LINE_TERMINATORS[terminator]}; expected a single line."
        assert await refused(gateway, mutation, await input_of(mutation, factory, name)) == [
            error("INVALID_FORMAT", message, "name")
        ]


@each_mutation
async def test_all_of_its_line_terminators_are_one_error(
    gateway: GatewayClient, factory: RowFactory, mutation: str
) -> None:
    name = "Pump\r\nNorth\u2028"
    message = f"name: {quoted(name)} contains LF and CR and U+2028; expected a single line."
    assert await refused(gateway, mutation, await input_of(mutation, factory, name)) == [
        error("INVALID_FORMAT", message, "name")
    ]


@each_mutation
async def test_a_name_of_nothing_but_line_terminators_is_blank_too(
    gateway: GatewayClient, factory: RowFactory, mutation: str
) -> None:
    name = " \x85"
    assert await refused(gateway, mutation, await input_of(mutation, factory, name)) == [
        error("BLANK", f"name: {quoted(name)} is blank; {NOT_BLANK}.", "name"),
        error("INVALID_FORMAT", f"name: {quoted(name)} contains U+0085; expected a single line.", "name"),
    ]


@each_mutation
async def test_other_control_characters_are_kept(gateway: GatewayClient, factory: RowFactory, mutation: str) -> None:
    name = "Pump\t\v\f\x1c\x1d\x1e\x1f\x7fNorth"
    made = "deviceGroup" if mutation.endswith("Group") else "device"
    payload = await changed(gateway, mutation, await input_of(mutation, factory, name), f"{made} {{ name }}")
    assert payload == {made: {"name": name}}
