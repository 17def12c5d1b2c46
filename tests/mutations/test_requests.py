"""Requests: several mutations in one, and what each of them shows."""

from http import HTTPStatus

import pytest

from gateway.domain.enums import Scope
from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.mutations.support import (
    CELLULAR,
    IMEI,
    NEW_DEVICE,
    NEW_GROUP,
    Json,
    device,
    dump,
    nothing_changed,
)

pytestmark = pytest.mark.anyio

# One place in the document for every payload, so that what one has read could be shown by the next.
STATE = """fragment State on Device {
  name version urns
  networkAdapters(types: [CELLULAR, LORA]) { ... on Node { __typename } }
  deviceGroups(first: 5) { totalCount nodes { name } }
  history(first: 5) { totalCount nodes { type version } }
}"""


async def test_mutations_of_one_request_run_in_order_each_in_a_transaction_of_its_own(gateway: GatewayClient) -> None:
    document = """mutation ($first: CreateDeviceInput!, $second: CreateDeviceInput!, $third: CreateDeviceInput!) {
      first: createDevice(input: $first) { device { name } userErrors { code } }
      second: createDevice(input: $second) { device { name } userErrors { code } }
      third: createDevice(input: $third) { device { name } userErrors { code field } }
      fourth: createDevice(input: $second) { device { name } userErrors { code } }
    }"""
    taken = {**NEW_DEVICE, "name": "third", "networkAdapters": [CELLULAR]}
    variables = {
        "first": {**NEW_DEVICE, "name": "first", "networkAdapters": [CELLULAR]},
        "second": {**NEW_DEVICE, "name": "second"},
        "third": taken,
    }
    assert await gateway.data(document, variables) == {
        "first": {"device": {"name": "first"}, "userErrors": []},
        "second": {"device": {"name": "second"}, "userErrors": []},
        "third": {
            "device": None,
            "userErrors": [{"code": "IDENTIFIER_TAKEN", "field": ["networkAdapters", "0", "cellular", "imei"]}],
        },
        "fourth": {"device": {"name": "second"}, "userErrors": []},
    }
    names = await gateway.data("{ devices(orderBy: [{ field: NAME }]) { nodes { name } } }")
    assert [node["name"] for node in names["devices"]["nodes"]] == ["first", "second", "second"]


async def test_what_came_before_a_forbidden_mutation_stays_and_is_shown(gateway: GatewayClient) -> None:
    document = """mutation ($device: CreateDeviceInput!, $group: CreateDeviceGroupInput!) {
      createDevice(input: $device) { device { id } }
      createDeviceGroup(input: $group) { deviceGroup { id } }
    }"""
    token = gateway.token(scopes=[Scope.DEVICE_READ, Scope.DEVICE_WRITE])
    answer = await gateway.ask(document, {"device": NEW_DEVICE, "group": NEW_GROUP}, token=token)
    tables = await dump(gateway.database)
    [made] = tables["device"]
    assert tables["device_group"] == []
    assert answer.data == {"createDevice": {"device": {"id": made["id"]}}, "createDeviceGroup": None}
    assert [each["path"] for each in answer.errors] == [["createDeviceGroup"]]
    assert answer.codes == ["FORBIDDEN"]


async def test_each_answer_shows_the_state_after_its_own_change(gateway: GatewayClient, factory: RowFactory) -> None:
    group = await factory.group(name="North")
    device_ = f'device: "imei:{IMEI}"'
    document = f"""mutation ($new: CreateDeviceInput!, $group: ID!) {{
      created: createDevice(input: $new) {{ device {{ ...State }} deviceEdge {{ node {{ version }} }} }}
      renamed: updateDevice(input: {{ {device_}, name: "Pumpe" }}) {{ device {{ ...State }} }}
      added: addNetworkAdapter(input: {{ {device_}, networkAdapter: {{ lora: {{ devEui: "70B3D57ED0000ABC" }} }} }}) {{
        device {{ ...State }}
        networkAdapter {{ ... on LoraNetworkAdapter {{ device {{ ...State }} }} }}
      }}
      linked: addDeviceToGroup(input: {{ {device_}, deviceGroupId: $group }}) {{
        link {{ device {{ ...State }} deviceGroup {{ devices(first: 5) {{ nodes {{ ...State }} }} }} }}
      }}
      unlinked: removeDeviceFromGroup(input: {{ {device_}, deviceGroupId: $group }}) {{
        device {{ ...State }} deviceGroup {{ devices(first: 5) {{ totalCount }} }}
      }}
      deleted: deleteDevice(input: {{ {device_} }}) {{ userErrors {{ code }} }}
      missing: updateDevice(input: {{ {device_}, name: "gone" }}) {{ userErrors {{ code }} }}
    }} {STATE}"""
    variables = {"new": {**NEW_DEVICE, "networkAdapters": [CELLULAR]}, "group": group["id"]}
    urns = [f"urn:dev:imei:{IMEI}", "urn:dev:deveui:70b3d57ed0000abc"]
    events = ["DEVICE_CREATED", "DEVICE_UPDATED", "NETWORK_ADAPTER_ADDED", "ADDED_TO_GROUP", "REMOVED_FROM_GROUP"]

    def state(name: str, version: int, adapters: int, groups: list[str]) -> Json:
        types = ["CellularNetworkAdapter", "LoraNetworkAdapter"]
        return {
            "name": name,
            "version": version,
            "urns": urns[:adapters],
            "networkAdapters": [{"__typename": each} for each in types[:adapters]],
            "deviceGroups": {"totalCount": len(groups), "nodes": [{"name": each} for each in groups]},
            "history": {
                "totalCount": version,
                "nodes": [{"type": type_, "version": place} for place, type_ in enumerate(events[:version], start=1)],
            },
        }

    added, linked, unlinked = state("Pumpe", 3, 2, []), state("Pumpe", 4, 2, ["North"]), state("Pumpe", 5, 2, [])
    assert await gateway.data(document, variables) == {
        "created": {"device": state("Pump", 1, 1, []), "deviceEdge": {"node": {"version": 1}}},
        "renamed": {"device": state("Pumpe", 2, 1, [])},
        "added": {"device": added, "networkAdapter": {"device": added}},
        "linked": {"link": {"device": linked, "deviceGroup": {"devices": {"nodes": [linked]}}}},
        "unlinked": {"device": unlinked, "deviceGroup": {"devices": {"totalCount": 0}}},
        "deleted": {"userErrors": []},
        "missing": {"userErrors": [{"code": "NOT_FOUND"}]},
    }


async def test_what_has_not_changed_itself_leads_to_what_has(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(name="old"), await factory.group()
    adapter = await factory.adapter(row, identifier=IMEI)
    document = """mutation ($same: UpdateNetworkAdapterInput!, $new: UpdateDeviceInput!, $link: AddDeviceToGroupInput!,
                           $unlink: RemoveDeviceFromGroupInput!, $name: UpdateDeviceGroupInput!) {
      before: updateNetworkAdapter(input: $same) { ...Named }
      updateDevice(input: $new) { device { name } }
      after: updateNetworkAdapter(input: $same) { ...Named }
      none: updateDeviceGroup(input: $name) { deviceGroup { ...Members } }
      one: addDeviceToGroup(input: $link) { link { deviceGroup { ...Members } } }
      noneAgain: removeDeviceFromGroup(input: $unlink) { deviceGroup { ...Members } }
    }
    fragment Named on UpdateNetworkAdapterPayload {
      networkAdapter { ... on CellularNetworkAdapter { device { name } } }
    }
    fragment Members on DeviceGroup { devices(first: 5) { totalCount nodes { name } } }"""
    link = {"device": row["id"], "deviceGroupId": group["id"]}
    variables = {
        "same": {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": CELLULAR},
        "new": {"device": row["id"], "name": "new"},
        "name": {"id": group["id"]},
        "link": link,
        "unlink": link,
    }
    none, one = ({"devices": {"totalCount": len(names), "nodes": names}} for names in ([], [{"name": "new"}]))
    assert await gateway.data(document, variables) == {
        "before": {"networkAdapter": {"device": {"name": "old"}}},
        "updateDevice": {"device": {"name": "new"}},
        "after": {"networkAdapter": {"device": {"name": "new"}}},
        "none": {"deviceGroup": none},
        "one": {"link": {"deviceGroup": one}},
        "noneAgain": {"deviceGroup": none},
    }


async def test_what_stands_in_the_way_is_shown_as_it_is_now(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="0")
    document = """mutation ($first: UpdateDeviceInput!, $second: UpdateDeviceInput!) {
      first: updateDevice(input: $first) { device { name } }
      second: updateDevice(input: $second) { userErrors { conflictingNode { ... on Device { name version } } } }
    }"""
    input_ = {"device": row["id"], "expectedVersion": 1}
    variables = {"first": {**input_, "name": "1"}, "second": {**input_, "name": "2"}}
    assert await gateway.data(document, variables) == {
        "first": {"device": {"name": "1"}},
        "second": {"userErrors": [{"conflictingNode": {"name": "1", "version": 2}}]},
    }


async def test_a_request_that_is_not_valid_runs_none_of_its_mutations(gateway: GatewayClient) -> None:
    document = """mutation ($input: CreateDeviceInput!) {
      createDevice(input: $input) { device { id } }
      deleteDevice(input: $input) { deletedDeviceId }
    }"""
    async with nothing_changed(gateway):
        answer = await gateway.ask(document, {"input": NEW_DEVICE})
    assert (answer.data, answer.codes) == (None, ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize(
    "adapter",
    [
        "{}",
        "{ lora: null }",
        '{ lora: { devEui: "70B3D57ED0000ABC" }, generic: null }',
        f'{{ lora: {{ devEui: "70B3D57ED0000ABC" }}, cellular: {{ imei: "{IMEI}" }} }}',
        "{ lora: $lora }",
    ],
)
async def test_a_literal_that_is_not_one_of_its_fields_keeps_the_mutations_before_it_from_being_made(
    gateway: GatewayClient, factory: RowFactory, adapter: str
) -> None:
    row = await factory.device()
    variable = "$lora: LoraNetworkAdapterInput, " if "$" in adapter else ""
    document = f"""mutation ({variable}$group: CreateDeviceGroupInput!, $device: DeviceIdentifier!) {{
      a: createDeviceGroup(input: $group) {{ deviceGroup {{ id }} }}
      b: addNetworkAdapter(input: {{ device: $device, networkAdapter: {adapter} }}) {{ userErrors {{ code }} }}
    }}"""
    async with nothing_changed(gateway):
        answer = await gateway.ask(document, {"group": NEW_GROUP, "device": row["id"]})
    assert (answer.data, answer.codes) == (None, ["GRAPHQL_VALIDATION_FAILED"])


async def test_a_variable_that_is_not_one_of_its_fields_keeps_all_mutations_from_being_made(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    document = """mutation ($group: CreateDeviceGroupInput!, $adapter: AddNetworkAdapterInput!) {
      a: createDeviceGroup(input: $group) { deviceGroup { id } }
      b: addNetworkAdapter(input: $adapter) { userErrors { code } }
    }"""
    adapter = {"device": row["id"], "networkAdapter": {"lora": {"devEui": "70B3D57ED0000ABC"}, "generic": None}}
    async with nothing_changed(gateway):
        answer = await gateway.ask(document, {"group": NEW_GROUP, "adapter": adapter})
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


async def test_a_mutation_by_get_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    query = f'mutation {{ deleteDevice(input: {{ device: "{row["id"]}" }}) {{ deletedDeviceId }} }}'
    async with nothing_changed(gateway):
        response = await gateway.http.get(
            "/graphql", params={"query": query}, headers={"Authorization": f"Bearer {gateway.token()}"}
        )
    assert (response.status_code, response.headers["allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "POST")
    assert await device(gateway, row["id"], "id") == {"id": row["id"]}
