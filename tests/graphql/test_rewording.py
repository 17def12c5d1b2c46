"""Messages of graphql-core, which may repeat as much of a document as there is of it: quoted and cut as all others."""

import pytest
from graphql import GraphQLSyntaxError, build_schema, parse

from gateway.graphql.errors import LONGEST_MESSAGE, VALIDATION_FAILED, document_error
from gateway.graphql.hints import Hints
from gateway.graphql.rewording import reword
from gateway.graphql.rules import validation_errors

LONG = "a" * 10**6
CUT = f'"{"a" * 97}…"'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ field ]", "Expected Name, found ']'."),
        ("{ field 7 }", 'Expected Name, found Int "7".'),
        ("""{ "it's" }""", """Expected Name, found String "it's"."""),
        ("{ field } field", 'Unexpected Name "field".'),
        ("fragment on on Query { field }", 'Unexpected Name "on".'),
        ("query ($a: Int = $b) { field }", 'Unexpected variable "$b" in constant value.'),
        ("{ field 'a' }", "Unexpected single quote character ('), did you mean to use a double quote (\")?"),
        pytest.param(f"{{ field }} {LONG}", f"Unexpected Name {CUT}.", id="a long name"),
        pytest.param(f'{{ "{LONG}" }}', f"Expected Name, found String {CUT}.", id="a long text"),
    ],
)
def test_a_token_that_is_not_expected(document: str, message: str) -> None:
    with pytest.raises(GraphQLSyntaxError) as raised:
        parse(document)
    assert reword(raised.value).message == f"Syntax Error: {message}"


def test_names_however_many_and_long() -> None:
    schema = build_schema("type Query { field: Int }")
    names = [letter * 200 for letter in "abcdefghijklmno"]
    spreads = zip(names, [*names[1:], names[0]], strict=True)
    fragments = " ".join(f"fragment {name} on Query {{ ...{spread} }}" for name, spread in spreads)
    [error] = validation_errors(schema, parse(f"{{ ...{names[0]} }} {fragments}"), Hints())
    message = document_error(error, VALIDATION_FAILED)["message"]
    assert message.startswith(f'Cannot spread fragment {CUT} within itself via "{"b" * 97}…", "{"c" * 97}…", "')
    assert message.endswith("…")
    assert len(message) == LONGEST_MESSAGE
