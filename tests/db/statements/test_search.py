"""Searches for a part of a text, and the columns of folded text that they look at."""

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Table

from gateway.db.search_indexes import SEARCHED_TABLES
from gateway.db.statements.search import folded_columns
from gateway.db.tables import device, device_group
from tests.client import GatewayClient
from tests.factories import RowFactory, new_uuid

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


_ALIKE = st.text(alphabet="ab", max_size=12)
"""Texts with the same trigrams in other places."""


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(_ALIKE, _ALIKE), min_size=1, max_size=8), term=_ALIKE.filter(bool))
@example(texts=[("aab.bba", ""), ("abb", 'a"b.bba')], term='a"bba')
async def test_a_text_that_has_the_trigrams_of_a_term_elsewhere_is_not_found(
    gateway: GatewayClient, factory: RowFactory, texts: list[tuple[str, str]], term: str
) -> None:
    project = new_uuid()
    for name, description in texts:
        await factory.device(name=f"{name}.", description=description, project_id=project)
    query = """query ($term: String!, $project: UUID!) {
      devices(filter: { search: $term, projectId: $project }) { totalCount nodes { name description } }
    }"""
    found = (await gateway.data(query, {"term": term, "project": project}))["devices"]
    expected = [(f"{name}.", description) for name, description in texts if term in name or term in description]
    assert sorted((each["name"], each["description"]) for each in found["nodes"]) == sorted(expected)
    assert found["totalCount"] == len(expected)


@pytest.mark.parametrize("term", ["\0", "pump\0"])
async def test_a_client_that_searches_for_nul_is_told_the_rule(gateway: GatewayClient, term: str) -> None:
    query = "query ($term: String!) { devices(filter: {search: $term}) { totalCount } }"
    answer = await gateway.ask(query, {"term": term})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["message"].endswith("has to have at least one character, and no NUL.")
