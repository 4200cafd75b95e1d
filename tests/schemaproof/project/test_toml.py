"""What is written as TOML is read back as it was."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from schemaproof.project.toml import string, table


@given(st.text())
def test_string_is_read_back_as_it_was(text: str) -> None:
    assert tomllib.loads(f"key = {string(text)}") == {"key": text}


@given(st.text())
def test_string_is_one_line_without_what_an_editor_hides(text: str) -> None:
    assert string(text).isprintable()


def test_half_a_surrogate_pair_is_a_replacement_character() -> None:
    assert tomllib.loads(f"key = {string('a\ud800b')}") == {"key": "a\ufffdb"}


def test_list_is_read_back_as_it_was() -> None:
    assert tomllib.loads(table("", {"x": ['a "b"', "c"]})) == {"x": ['a "b"', "c"]}


def test_table_has_a_line_for_each_value() -> None:
    assert table("[[finding]]", {"check": 'a "b"', "count": 3}) == '[[finding]]\ncheck = "a \\"b\\""\ncount = 3\n'
