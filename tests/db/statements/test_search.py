"""Searches for a part of a text, and the columns of folded text that they look at."""

import pytest
from sqlalchemy import Table

from gateway.db.search_indexes import SEARCHED_TABLES
from gateway.db.statements.search import folded_columns
from gateway.db.tables import device, device_group
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("table", [device, device_group], ids=str)
def test_every_column_of_folded_text_is_in_the_index_and_is_folded_from_its_text(table: Table) -> None:
    texts = [column.name for column in table.c if f"{column.name}_folded" in table.c]
    expected = {f"{name}_folded": "äpfel" for name in texts}
    assert {column.name for column in table.c if column.name.endswith("_folded")} == set(expected)
    assert set(SEARCHED_TABLES[table.name]) == set(expected)
    assert folded_columns(dict.fromkeys(texts, "ÄPFEL")) == expected


def test_only_values_that_are_searched_are_folded_and_null_stays_null() -> None:
    assert folded_columns({"name": "Straße", "description": None, "status": "ACTIVE"}) == {
        "name_folded": "strasse",
        "description_folded": None,
    }


@pytest.mark.parametrize("term", ["\0", "pump\0"])
async def test_a_client_that_searches_for_nul_is_told_the_rule(gateway: GatewayClient, term: str) -> None:
    query = "query ($term: String!) { devices(filter: {search: $term}) { totalCount } }"
    answer = await gateway.ask(query, {"term": term})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["message"].endswith("has to have at least one character, and no NUL.")
