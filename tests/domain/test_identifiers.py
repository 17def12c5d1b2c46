"""What names a device, against the formats as the REST API's reference gives them."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.enums import NetworkAdapterType
from gateway.domain.errors import BadUserInput
from gateway.domain.identifiers import DeviceIdentifier, parse_adapter_identifier, parse_device_identifier, urn
from gateway.domain.quoting import Bare, quoted

UUID = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
IMEI = "490154203237518"
DEVEUI = "70b3d5000000000a"
FORMATS = (
    "<uuid>, imei:<15-16 digits>, deveui:<16 hex digits>, dvnuuid:<uuid>, urn:dev:imei:<15-16 digits>, "
    "urn:dev:deveui:<16 hex digits> or urn:dev:dvnuuid:<uuid>"
)

TYPES = {
    "imei": NetworkAdapterType.CELLULAR,
    "deveui": NetworkAdapterType.LORA,
    "dvnuuid": NetworkAdapterType.GENERIC,
}
BODIES = {
    "imei": st.text("0123456789", min_size=15, max_size=16),
    "deveui": st.text("0123456789abcdef", min_size=16, max_size=16),
    "dvnuuid": st.uuids().map(str),
}


def any_case(text: str) -> st.SearchStrategy[str]:
    """Return `text` with each letter in upper or lower case."""
    return st.tuples(*(st.sampled_from([letter.lower(), letter.upper()]) for letter in text)).map("".join)


def expected(scheme: str, body: str) -> DeviceIdentifier:
    # By other means than the code's: numbers, not patterns.
    values = {
        "imei": lambda: f"{int(body):0{len(body)}d}",
        "deveui": lambda: f"{int(body, 16):016X}",
        "dvnuuid": lambda: str(uuid.UUID(body)),
    }
    return DeviceIdentifier(value=values[scheme](), adapter_type=TYPES[scheme])


@st.composite
def identifiers(draw: st.DrawFn) -> tuple[str, DeviceIdentifier]:
    """Draw text in one of the seven formats, and what it stands for."""
    scheme = draw(st.sampled_from(["", *TYPES]))
    if not scheme:
        own = str(draw(st.uuids()))
        return draw(any_case(own)), DeviceIdentifier(value=own)
    body = draw(BODIES[scheme])
    before, after = draw(st.sampled_from([("", ""), ("urn:dev:", ""), ("urn:dev:", ":")]))
    return draw(any_case(f"{before}{scheme}:{body}{after}")), expected(scheme, body)


@given(identifiers())
def test_every_format_is_read_in_every_letter_case(example: tuple[str, DeviceIdentifier]) -> None:
    text, identifier = example
    assert parse_device_identifier(text) == identifier


@given(identifiers(), st.data())
def test_a_character_beyond_ascii_is_refused_wherever_it_stands(
    example: tuple[str, DeviceIdentifier], data: st.DataObject
) -> None:
    text, _ = example
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters(min_codepoint=128))
    with pytest.raises(BadUserInput):
        parse_device_identifier(text[:place] + character + text[place + 1 :])


@given(st.sampled_from(list(TYPES)), st.data())
def test_a_urn_is_read_back_as_the_adapter_it_names(scheme: str, data: st.DataObject) -> None:
    adapter = expected(scheme, data.draw(BODIES[scheme]))
    assert parse_device_identifier(urn(TYPES[scheme], adapter.value)) == adapter


@given(st.sampled_from(list(TYPES)), st.data())
def test_an_adapters_own_identifier_has_the_form_that_it_is_found_by(scheme: str, data: st.DataObject) -> None:
    body = data.draw(BODIES[scheme])
    assert parse_adapter_identifier(TYPES[scheme], data.draw(any_case(body))) == expected(scheme, body).value


@pytest.mark.parametrize(
    ("type_", "identifier", "expected_urn"),
    [
        (NetworkAdapterType.CELLULAR, IMEI, "urn:dev:imei:490154203237518"),
        (NetworkAdapterType.LORA, "70B3D5000000000A", "urn:dev:deveui:70b3d5000000000a"),
        (NetworkAdapterType.GENERIC, UUID, "urn:dev:dvnuuid:36e75427-4c6e-438c-89b5-0cbdb0d4068c"),
    ],
)
def test_a_urn_is_in_lower_case_without_a_trailing_colon(
    type_: NetworkAdapterType, identifier: str, expected_urn: str
) -> None:
    assert urn(type_, identifier) == expected_urn


def test_a_bare_uuid_is_the_device_itself_and_never_an_adapter() -> None:
    assert parse_device_identifier(UUID.upper()) == DeviceIdentifier(value=UUID, adapter_type=None)


@pytest.mark.parametrize("text", [UUID, f"imei:{IMEI}", f"deveui:{DEVEUI}", f"dvnuuid:{UUID}", f"urn:dev:imei:{IMEI}:"])
@pytest.mark.parametrize(
    "around", ["\n{}", "{}\n", "{}\r\n", " {}", "{} ", "\t{}", "{}\u00a0", "{}\0", "{{{}}}", '"{}"']
)
def test_nothing_may_stand_around_an_identifier(text: str, around: str) -> None:
    with pytest.raises(BadUserInput):
        parse_device_identifier(around.format(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "imei:",
        "urn:dev:",
        "urn:dev::",
        # One digit short, and one too many.
        f"imei:{IMEI[:-1]}",
        f"imei:{IMEI}00",
        f"deveui:{DEVEUI[:-1]}",
        f"deveui:{DEVEUI}0",
        f"dvnuuid:{UUID[:-1]}",
        f"dvnuuid:{UUID}0",
        UUID[:-1],
        f"{UUID}0",
        # Digits and letters of other scripts, some of which fold to ASCII.
        "imei:٤٩٠١٥٤٢٠٣٢٣٧٥١٨",
        f"imei:{IMEI[:-1]}٣",
        "imei:４９０１５４２０３２３７５１８",
        f"ımei:{IMEI}",
        f"İmei:{IMEI}",
        f"ｉmei:{IMEI}",
        f"dvnuuıd:{UUID}",
        f"deveuı:{DEVEUI}",
        "deveui:70b3d500000000ſa",
        "deveui:70b3d500000000\u212aa",
        # Colons where none belong.
        f"imei:{IMEI}:",
        f"deveui:{DEVEUI}:",
        f"dvnuuid:{UUID}:",
        f"{UUID}:",
        f"urn:dev:imei:{IMEI}::",
        f"urn:dev:deveui:{DEVEUI}::",
        f"urn:dev:dvnuuid:{UUID}::",
        f"imei::{IMEI}",
        f"urn::dev:imei:{IMEI}",
        f":imei:{IMEI}",
        # What looks like a format, and is none.
        IMEI,
        DEVEUI,
        f"urn:dev:{UUID}",
        f"urn:uuid:{UUID}",
        f"urn:imei:{IMEI}",
        f"dev:imei:{IMEI}",
        f"imei:{DEVEUI}",
        f"deveui:{UUID}",
        f"imei={IMEI}",
        f"imei: {IMEI}",
        f"uuid:{UUID}",
        UUID.replace("-", ""),
        UUID.replace("-", "_"),
        UUID.replace("-", "\u2010"),
        "deveui:70b3d5000000000g",
        "deveui:70-b3-d5-00-00-00-00-0a",
        "imei:49-015420-323751-8",
    ],
)
def test_a_near_miss_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput):
        parse_device_identifier(text)


@pytest.mark.parametrize(
    "value", [None, True, 0, 490154203237518, 1.5, b"", UUID.encode(), [UUID], {}, uuid.UUID(UUID)]
)
def test_what_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(BadUserInput):
        parse_device_identifier(value)


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [10**5_000, nested(5_000), {"a": nested(5_000)}], ids=["integer", "list", "object"])
def test_a_value_that_python_cannot_write_out_is_refused_like_any_other(value: object) -> None:
    with pytest.raises(BadUserInput):
        parse_device_identifier(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("pump-7", '"pump-7"'),
        ("", '""'),
        ("a\n\0", r'"a\n\u0000"'),
        (7, "7"),
    ],
)
def test_the_message_repeats_the_value_and_lists_the_formats(value: object, shown: str) -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_device_identifier(value)
    assert str(raised.value) == f"{shown} is not a device identifier; expected {FORMATS}."


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (IMEI, f"imei:{IMEI}"),
        (f"{IMEI}7", f"imei:{IMEI}7"),
        (int(IMEI), f"imei:{IMEI}"),
        (Bare(IMEI), f"imei:{IMEI}"),
        (DEVEUI, f"deveui:{DEVEUI}"),
        (DEVEUI.upper(), f"deveui:{DEVEUI.upper()}"),
    ],
)
def test_an_identifier_without_its_prefix_gets_it_as_a_hint(value: object, meant: str) -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_device_identifier(value)
    shown = quoted(value)
    assert str(raised.value) == f"{shown} is not a device identifier; expected {FORMATS}. Did you mean {meant}?"
    parse_device_identifier(meant)


@pytest.mark.parametrize(
    "value", [IMEI[:-1], f"{IMEI}77", "٤٩٠١٥٤٢٠٣٢٣٧٥١٨", f"{IMEI}\n", DEVEUI[:-1], -int(IMEI), True]
)
def test_what_is_no_identifier_with_any_prefix_gets_no_hint(value: object) -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_device_identifier(value)
    assert str(raised.value).endswith(f"expected {FORMATS}.")


@pytest.mark.parametrize("value", ["7" * 100_000, ["7" * 100_000] * 100, {"7" * 100_000: 7}])
def test_the_message_stays_short_where_the_value_is_long(value: object) -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_device_identifier(value)
    assert len(str(raised.value)) < 1_000


@pytest.mark.parametrize(
    ("type_", "identifier"),
    [
        (NetworkAdapterType.CELLULAR, f"imei:{IMEI}"),
        (NetworkAdapterType.CELLULAR, IMEI[:-1]),
        (NetworkAdapterType.CELLULAR, f"{IMEI}00"),
        (NetworkAdapterType.CELLULAR, f"{IMEI}\n"),
        (NetworkAdapterType.CELLULAR, f"{IMEI[:-1]}٣"),
        (NetworkAdapterType.CELLULAR, DEVEUI),
        (NetworkAdapterType.LORA, DEVEUI[:-1]),
        (NetworkAdapterType.LORA, f" {DEVEUI}"),
        (NetworkAdapterType.LORA, f"{DEVEUI[:-1]}ａ"),
        (NetworkAdapterType.GENERIC, UUID.replace("-", "")),
        (NetworkAdapterType.GENERIC, f"{{{UUID}}}"),
        (NetworkAdapterType.GENERIC, ""),
    ],
)
def test_an_adapters_own_identifier_has_to_be_whole_and_alone(type_: NetworkAdapterType, identifier: str) -> None:
    with pytest.raises(BadUserInput):
        parse_adapter_identifier(type_, identifier)
