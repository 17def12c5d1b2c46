"""The rows of CSV: where each is, and that a broken one costs no other."""

import io
from typing import Any

import pytest

from gateway.cli.files.csv_rows import delimiter_of, rows
from gateway.cli.files.lines import LONGEST_RECORD, Place

START = Place()


def read(text: str | bytes, place: Place = START, delimiter: str = ",") -> list[Any]:
    data = text.encode() if isinstance(text, str) else text
    return list(rows(io.BytesIO(data), place, len(data), delimiter))


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        (b"name,imei\n", ","),
        (b"name;imei;barcode\n", ";"),
        (b"name\timei\r\n", "\t"),
        (b'"a;b;c;d",imei\n', ","),
        (b'"a,b,c;d";imei', ";"),
        (b"name\n", ","),
    ],
)
def test_a_delimiter_is_what_comes_most_often_outside_of_quotation_marks(line: bytes, delimiter: str) -> None:
    assert delimiter_of(line) == delimiter


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_have_their_places_and_reading_goes_on_at_any(end: str) -> None:
    text = end.join(["a,b", '"x', 'y",2', "", "c,3", ""])
    found = read(text)
    assert [row.cells for row in found] == [["a", "b"], [f"x{end}y", "2"], ["c", "3"]]
    assert [row.begins.line for row in found] == [1, 2, 5]
    for index, row in enumerate(found):
        assert [each.cells for each in read(text, row.begins)] == [each.cells for each in found[index:]]


def test_an_empty_cell_is_told_from_an_empty_text() -> None:
    [row] = read('"",,"a"",""b","x","",c""\n')
    assert row.cells == ["", "", 'a","b', "x", "", 'c""']
    assert row.quoted_empty == {0, 4}


TOO_LONG = f"The row has more than {LONGEST_RECORD} bytes, or a quotation mark in it is never closed."
MORE = "After the end of a quoted cell comes more of it; expected a quotation mark in it twice."


@pytest.mark.parametrize(
    ("line", "faulty", "reason"),
    [
        (b'a,"b\n', 1, "A quotation mark is never closed."),
        (b'a,b,"c"d,e\n', 2, MORE),
        (b"a,b\xe9,c\n", 1, "The byte 0xe9 is not UTF-8."),
        (b"a,b\rc,d\n", 1, "A carriage return is outside of quotation marks."),
        (b"a" * (LONGEST_RECORD * 3) + b"\n", 0, TOO_LONG),
        (b'a,"' + b"b" * LONGEST_RECORD + b"\n", 1, TOO_LONG),
    ],
)
def test_a_broken_row_names_its_cell_and_costs_no_other(line: bytes, faulty: int, reason: str) -> None:
    before, broken, after = read(b"1,2\n" + line + b"3,4\n")
    assert (before.cells, after.cells) == (["1", "2"], ["3", "4"])
    assert (broken.error, broken.faulty, broken.begins.line) == (reason, faulty, 2)
    assert (broken.ends, after.begins) == (after.begins, Place(4 + len(line), 3))


def test_a_quotation_mark_that_is_closed_in_another_row_breaks_its_own_row_alone() -> None:
    found = read('a,"b\nc,d\ne,"f"\n')
    assert [(row.cells, row.error is None) for row in found] == [([], False), (["c", "d"], True), (["e", "f"], True)]


def test_what_is_added_to_a_file_meanwhile_is_not_read() -> None:
    file = io.BytesIO(b"a,b\nc,d\n")
    assert [row.cells for row in rows(file, Place(), 6, ",")] == [["a", "b"], ["c", ""]]
