"""What a message says of a document that is not valid, and what it hints at."""

import pytest
from graphql import build_schema, parse, validate

from gateway.graphql.hints import Hints
from gateway.graphql.rules import validation_errors

SCHEMA = build_schema("""
interface Node { id: ID }
type Device implements Node { id: ID name: String owner: Owner }
type Group implements Node { id: ID name: String }
union Owner = Device | Group
type PageInfo { endCursor: String }
type DeviceConnection { nodes: [Device!]! pageInfo: PageInfo! }
enum OrderField { NAME }
input Order { field: OrderField! }
input Filter { search: String barcodeContains: String clientId: ID specificationIds: [ID!] }
input Lora { devEui: String }
input Adapter @oneOf { lora: Lora cellular: Lora }
input Device_ { adapter: Adapter! adapters: [Adapter!] }
type Query {
  devices(first: Int, after: String, filter: Filter, orderBy: [Order!]): DeviceConnection!
  groups(first: Int): DeviceConnection!
  node(id: ID!): Node
  make(device: Device_, adapter: Adapter): Int
}
type Subscription { made: Int other: Int }
""")


def messages(document: str, *, hidden: bool = False) -> list[str]:
    return [error.message for error in validation_errors(SCHEMA, parse(document), Hints(hidden=hidden))]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            "{ devices { name } }",
            'Cannot query field "name" on type "DeviceConnection". Ask for it inside nodes { … }.',
        ),
        (
            "{ devices { endCursor } }",
            'Cannot query field "endCursor" on type "DeviceConnection".',
        ),
        ("{ devises { nodes { id } } }", 'Cannot query field "devises" on type "Query". Did you mean "devices"?'),
        ("{ devices { nodes { nmae } } }", 'Cannot query field "nmae" on type "Device". Did you mean "name"?'),
        (
            '{ node(id: "1") { name } }',
            'Cannot query field "name" on type "Node". Ask for it inside ... on Device { … } or ... on Group { … }.',
        ),
        (
            '{ node(id: "1") { ... on Device { owner { name } } } }',
            'Cannot query field "name" on type "Owner". Ask for it inside ... on Device { … } or ... on Group { … }.',
        ),
        ("{ colour }", 'Cannot query field "colour" on type "Query".'),
    ],
)
def test_an_unknown_field(document: str, message: str) -> None:
    assert messages(document) == [message]
    assert messages(document, hidden=True) == [f"{message.partition(' on type ')[0]} here."]


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("limit: 5", 'Did you mean "first"?'),
        ("size: 5", 'Did you mean "first"?'),
        ('cursor: "a"', 'Did you mean "after"?'),
        ("offset: 5", 'There are no offsets: "after" takes a cursor, which each page has in "pageInfo".'),
        ("page: 5", 'There are no page numbers: "after" takes a cursor, which each page has in "pageInfo".'),
        ('sort: "-name"', "Did you mean orderBy: [{ field: …, direction: … }]?"),
        ('q: "pump"', 'Did you mean filter: { search: "…" }?'),
        ('barcode: "7"', 'Did you mean filter: { barcodeContains: "…" }?'),
        ('clientId: "7"', "Did you mean filter: { clientId: … }?"),
        ('specificationId: "7"', "Did you mean filter: { specificationIds: … }?"),
        ("frist: 5", 'Did you mean "first"?'),
        ("colour: RED", ""),
    ],
)
def test_an_unknown_argument(argument: str, hint: str) -> None:
    name = argument.partition(":")[0]
    unknown = f'Unknown argument "{name}" on field'
    document = f"{{ devices({argument}) {{ nodes {{ id }} }} }}"
    assert messages(document) == [f'{unknown} "Query.devices". {hint}'.strip()]
    assert messages(document, hidden=True) == [f'{unknown} "devices".']


@pytest.mark.parametrize("argument", ["offset: 5", 'sort: "-name"', 'q: "pump"', 'cursor: "a"'])
def test_a_word_of_rest_gets_no_hint_at_what_the_field_does_not_have(argument: str) -> None:
    name = argument.partition(":")[0]
    document = f"{{ groups({argument}) {{ nodes {{ id }} }} }}"
    assert messages(document) == [f'Unknown argument "{name}" on field "Query.groups".']


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            "{ devices(filter: { clientId: true }) { nodes { id } } }",
            (
                'Argument "filter" has invalid value at filter.clientId: true is not an ID; '
                "expected text in double quotes, or a whole number."
            ),
        ),
        (
            '{ devices(filter: { q: "pump" }) { nodes { id } } }',
            (
                'Argument "filter" has invalid value: Filter has no field "q"; '
                'it has "search", "barcodeContains", "clientId" and "specificationIds".'
            ),
        ),
        (
            "query ($first: Int = 1.5) { devices(first: $first) { nodes { id } } }",
            (
                'Variable "$first" has invalid default value: 1.5 is not an Int; '
                "expected a whole number of 32 bits, from -2147483648 to 2147483647."
            ),
        ),
        (
            "query ($filter: Filter = { search: [null] }) { devices(filter: $filter) { nodes { id } } }",
            (
                'Variable "$filter" has invalid default value at filter.search: [null] is not a String; '
                "expected text in double quotes."
            ),
        ),
        (
            "{ devices { nodes { id @skip(if: 1) } } }",
            'Argument "if" has invalid value: 1 is not a Boolean; expected true or false.',
        ),
    ],
)
def test_a_value_that_does_not_fit(document: str, message: str) -> None:
    assert messages(document) == [message]


@pytest.mark.parametrize(
    "argument", ["adapter: { lora: $lora }", "device: { adapter: { lora: $lora } }"], ids=["nullable", "required"]
)
def test_a_variable_that_may_be_null_is_no_field_of_a_one_of_input_object(argument: str) -> None:
    assert messages(f"query ($lora: Lora) {{ make({argument}) }}") == [
        'Variable "$lora" is of type "Lora" but must be non-nullable to be used for OneOf Input Object "Adapter".'
    ]
    assert messages(f"query ($lora: Lora!) {{ make({argument}) }}") == []


def test_graphql_core_passes_over_one_of_input_objects_that_are_required() -> None:
    # Where it does not any more, the rule of the gateway reports twice, and can go.
    document = parse("query ($lora: Lora) { make(device: { adapter: { lora: $lora } }) }")
    assert validate(SCHEMA, document) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            "query ($a: DeviceConection) { __typename }",
            'Unknown type "DeviceConection". Did you mean "DeviceConnection"?',
        ),
        (
            "{ devices }",
            (
                'Field "devices" of type "DeviceConnection!" must have a selection of subfields. Did you mean '
                '"devices { ... }"?'
            ),
        ),
        ("{ node { id } }", 'Argument "Query.node(id:)" of type "ID!" is required, but it was not provided.'),
        ("{ devices { nodes { id ...a } } }", 'Unknown fragment "a".'),
        pytest.param(f"{{ ...{'a' * 900_000} }}", f'Unknown fragment "{"a" * 97}…".', id="a long fragment"),
        pytest.param(f"{{ {'a' * 900_000} }}", f'Cannot query field "{"a" * 97}…" on type "Query".', id="a long field"),
    ],
)
def test_the_messages_of_graphql_core_are_quoted_and_cut_as_others(document: str, message: str) -> None:
    assert message in messages(document)


def test_the_argument_of_a_directive_on_a_subscription_is_an_error_like_any_other() -> None:
    assert messages('subscription { ... @defer(if: "no") { made } }')
