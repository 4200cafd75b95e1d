"""Texts for the regular expressions of checks."""

import re

import pytest
from hypothesis.internal import charmap

from schemaproof.rows.pools import _texts_of


def test_texts_are_found_without_a_table_of_a_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    """That would be made anew by each process, since none is kept on disk."""
    asked: list[str] = []
    monkeypatch.setattr(charmap, "intervals_from_codec", asked.append)
    assert _texts_of("^[b-f]{4}$")
    assert asked == []


def test_none_of_the_texts_is_lost_for_a_character_that_can_not_be_stored() -> None:
    texts = _texts_of(r"^\D{3}$")
    assert all(re.fullmatch(r"\D{3}", text) for text in texts)
    assert not any("\0" in text for text in texts)
    assert len(texts) == 80


def test_expression_that_python_reads_otherwise_gives_no_text() -> None:
    assert _texts_of("^(?<name>.)$") == []
