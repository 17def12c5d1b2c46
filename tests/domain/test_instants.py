"""Instants: RFC 3339 in, UTC with milliseconds out."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import BadUserInput
from gateway.domain.instants import format_instant, is_instant, now, parse_instant

# A day away from either end of the calendar, so that no offset and no rounding leads out of it.
INSIDE = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))  # noqa: DTZ001  # the offset is a matter of its own
FRACTIONS = st.text("0123456789", max_size=9)
OFFSETS = st.integers(-(24 * 60 - 1), 24 * 60 - 1)


def rfc_3339(moment: datetime, fraction: str, offset: int) -> str:
    sign, hours, minutes = "-" if offset < 0 else "+", *divmod(abs(offset), 60)
    seconds = f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}"
    return f"{seconds}{'.' if fraction else ''}{fraction}{sign}{hours:02}:{minutes:02}"


def expected(moment: datetime, fraction: str, offset: int) -> str:
    """Compute by integers: nanoseconds since the year 1, rounded up to milliseconds, and back."""
    seconds = moment.toordinal() * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second - offset * 60
    nanoseconds = seconds * 10**9 + int(f"{fraction:0<9}")
    rest, milliseconds = divmod((nanoseconds + 999_999) // 10**6, 1_000)
    rest, second = divmod(rest, 60)
    rest, minute = divmod(rest, 60)
    ordinal, hour = divmod(rest, 24)
    day = date.fromordinal(ordinal)
    return f"{day.year:04}-{day.month:02}-{day.day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"


@given(INSIDE, FRACTIONS, OFFSETS)
def test_an_instant_is_moved_to_utc_and_rounded_up_to_milliseconds(
    moment: datetime, fraction: str, offset: int
) -> None:
    assert parse_instant(rfc_3339(moment, fraction, offset)) == expected(moment, fraction, offset)


@given(INSIDE, FRACTIONS, OFFSETS)
def test_a_read_instant_is_canonical_and_reads_as_itself(moment: datetime, fraction: str, offset: int) -> None:
    instant = parse_instant(rfc_3339(moment, fraction, offset))
    assert is_instant(instant)
    assert parse_instant(instant) == instant


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_instants_sort_as_text_in_the_order_of_time(moments: list[datetime]) -> None:
    texts = [format_instant(moment) for moment in sorted(moments)]
    assert texts == sorted(texts)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-03-01T12:00:00Z", "2025-03-01T12:00:00.000Z"),
        ("2025-03-01t12:00:00z", "2025-03-01T12:00:00.000Z"),
        ("2025-03-01T12:00:00.5Z", "2025-03-01T12:00:00.500Z"),
        ("2025-01-01T00:00:00+01:00", "2024-12-31T23:00:00.000Z"),
        ("2024-02-28T23:30:00-00:30", "2024-02-29T00:00:00.000Z"),
        ("2025-03-01T12:00:00-00:00", "2025-03-01T12:00:00.000Z"),
        ("2025-03-01T00:00:00+23:59", "2025-02-28T00:01:00.000Z"),
        ("2025-03-01T12:00:00.001Z", "2025-03-01T12:00:00.001Z"),
        ("2025-03-01T12:00:00.001000000Z", "2025-03-01T12:00:00.001Z"),
        ("2025-03-01T12:00:00.001000001Z", "2025-03-01T12:00:00.002Z"),
        ("2024-12-31T23:59:59.999000001Z", "2025-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00-23:59", "0001-01-01T23:59:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59.998000001+00:00", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_read(text: str, instant: str) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2025-03-01",
        "12:00:00Z",
        "2025-03-01T12:00:00",
        "2025-03-01T12:00Z",
        "2025-03-01T12Z",
        "2025-03-01 12:00:00Z",
        "20250301T120000Z",
        "2025-W09-6T12:00:00Z",
        "2025-060T12:00:00Z",
        "2025-03-01T12:00:00.Z",
        "2025-03-01T12:00:00,5Z",
        "2025-03-01T12:00:00.0000000001Z",
        "2025-03-01T12:00:00+0100",
        "2025-03-01T12:00:00+01",
        "2025-03-01T12:00:00+1:00",
        "2025-03-01T12:00:00+01:00:00",
        "2025-03-01T12:00:00\u221201:00",
        "2025-03-01T12:00:00Z+01:00",
        "2025-03-01T12:00:00UTC",
        " 2025-03-01T12:00:00Z",
        "2025-03-01T12:00:00Z ",
        "2025-03-01T12:00:00Z\n",
        # Fields out of their bounds.
        "2025-02-29T12:00:00Z",
        "2025-13-01T12:00:00Z",
        "2025-00-01T12:00:00Z",
        "2025-03-00T12:00:00Z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T12:60:00Z",
        "2025-03-01T12:00:60Z",
        "2016-12-31T23:59:60Z",
        "2025-03-01T12:00:00+24:00",
        "2025-03-01T12:00:00+00:60",
        "2025-03-01T12:00:00-05:99",
        # Beyond the calendar, once in UTC and rounded.
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59.999000001Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        # Digits of other scripts.
        "٢٠٢٥-03-01T12:00:00Z",
        "2025-03-01T12:00:00.٣Z",
        "2025-03-01T1２:00:00Z",
        None,
        True,
        1_740_830_400,
        1_740_830_400.5,
        ["2025-03-01T12:00:00Z"],
        datetime(2025, 3, 1, tzinfo=UTC),
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(BadUserInput):
        parse_instant(value)


def test_the_message_repeats_the_value_and_shows_the_format() -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_instant("yesterday")
    assert str(raised.value) == (
        '"yesterday" is not a date-time; expected RFC 3339 with an offset, '
        "such as 2024-12-31T23:00:00.000Z or 2025-01-01T00:00:00+01:00."
    )


def test_a_moment_is_shown_in_utc_and_cut_to_milliseconds() -> None:
    moment = datetime(2025, 3, 1, 12, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=-3)))
    assert format_instant(moment) == "2025-03-01T15:00:00.123Z"


def test_now_is_between_what_the_clock_says_before_and_after() -> None:
    before = format_instant(datetime.now(UTC))
    assert before <= now() <= format_instant(datetime.now(UTC))


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ("2025-03-01T12:00:00.000Z", True),
        ("2025-03-01T12:00:00Z", False),
        ("2025-03-01T12:00:00.000+00:00", False),
        ("2025-03-01t12:00:00.000z", False),
        ("2025-03-01T12:00:00.000Z\n", False),
        ("2025-03-01T12:00:00.٣٣٣Z", False),
        ("", False),
        (None, False),
    ],
)
def test_only_the_form_that_is_stored_counts_as_canonical(value: object, *, canonical: bool) -> None:
    assert is_instant(value) is canonical
