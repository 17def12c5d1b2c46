"""UUIDs: their canonical text, and the ones that the gateway makes (RFC 9562, version 7)."""

import time
import uuid
from functools import reduce
from itertools import pairwise
from operator import and_, or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import BadUserInput
from gateway.domain.uuids import new_uuids, parse_uuid, uuid7

UUID = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
MILLISECONDS = st.integers(0, 2**48 - 1)


@given(st.uuids(), st.data())
def test_a_uuid_is_read_in_every_letter_case_and_kept_in_lower_case(value: uuid.UUID, data: st.DataObject) -> None:
    text = "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in str(value))
    assert parse_uuid(text) == str(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        UUID[:-1],
        f"{UUID}0",
        f"{UUID}\n",
        f" {UUID}",
        f"{UUID} ",
        f"{{{UUID}}}",
        f"urn:uuid:{UUID}",
        UUID.replace("-", ""),
        UUID.replace("-", "\u2010"),
        UUID.replace("3", "g"),
        UUID.replace("3", "٣"),
        UUID.replace("3", "３"),
        "36e7-54274c6e-438c-89b5-0cbdb0d4068c",
        "--36e754274c6e438c89b50cbdb0d4068c--",
        None,
        7,
        True,
        UUID.encode(),
        [UUID],
        uuid.UUID(UUID),
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(BadUserInput):
        parse_uuid(value)


def test_the_message_repeats_the_value_and_shows_the_format() -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_uuid("pump-7")
    assert str(raised.value) == (
        '"pump-7" is not a UUID; expected 32 hexadecimal digits with hyphens, '
        "such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
    )


def test_a_made_uuid_is_the_one_that_the_standard_gives_as_its_example() -> None:
    # RFC 9562, appendix A.6: its instant, and its values of rand_a (12 bits) and rand_b (62 bits).
    random = {12: 0xCC3, 62: 0x18C4DC0C0C07398F}
    assert uuid7(0x017F22E279B0, random.__getitem__) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(MILLISECONDS)
def test_a_made_uuid_has_its_version_its_variant_and_its_instant(milliseconds: int) -> None:
    made = uuid.UUID(uuid7(milliseconds))
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, milliseconds)


@given(MILLISECONDS)
def test_a_made_uuid_is_canonical(milliseconds: int) -> None:
    made = uuid7(milliseconds)
    assert parse_uuid(made) == made


@given(st.lists(MILLISECONDS, min_size=2, unique=True))
def test_uuids_sort_by_the_instant_they_were_made_at(instants: list[int]) -> None:
    assert all(earlier < later for earlier, later in pairwise(map(uuid7, sorted(instants))))


def test_no_two_uuids_of_one_millisecond_are_the_same() -> None:
    assert len({uuid7(1_740_830_400_000) for _ in range(1_000)}) == 1_000
    assert len({each[18:] for each in new_uuids(1_000)}) == 1_000


@pytest.mark.parametrize("count", [0, 1, 2, 1_000])
def test_new_uuids_are_sorted_and_of_version_7(count: int) -> None:
    before, made, after = time.time_ns(), new_uuids(count), time.time_ns()
    assert made == sorted(made)
    assert len(made) == count
    for each in map(uuid.UUID, made):
        assert (each.version, each.variant) == (7, uuid.RFC_4122)
        assert before // 1_000_000 <= each.int >> 80 <= after // 1_000_000


def test_each_random_bit_of_new_uuids_is_there_and_not_there() -> None:
    # RFC 9562, section 5.7: those below the time and the version, but for the two of the variant.
    random_bits = (1 << 76) - 1 ^ 0b11 << 62
    values = [uuid.UUID(each).int for each in new_uuids(1_000)]
    assert reduce(or_, values) & random_bits == random_bits
    assert reduce(and_, values) & random_bits == 0
