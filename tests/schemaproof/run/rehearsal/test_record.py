"""What was seen, as ratios to the seconds before; as text, and drawn."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from schemaproof.run.rehearsal.drawing import as_svg
from schemaproof.run.rehearsal.record import Answer, Look, Rehearsal, Sent
from schemaproof.run.rehearsal.text import as_text

T = "public.t"
SVG = "{http://www.w3.org/2000/svg}"

# Ten answers a second for two seconds; then one that waits for the migration, and one that it has broken.
SEEN = Rehearsal(
    revision="0002",
    rows={T: 100_000},
    sessions=1,
    answers=(
        *(Answer(T, number / 10, 0.01) for number in range(20)),
        Answer(T, 2.0, 1.0),
        Answer(T, 3.0, 0.01, "23502"),
        Answer("public.other", 2.5, 0.5),
    ),
    sent=(Sent("ALTER TABLE t\n  ADD a <int>", 2.0, 2.9), Sent("COMMIT", 2.9, 3.0)),
    looks=(
        Look(1.0, migration=True, others=0),
        Look(2.2, migration=True, others=1),
        Look(2.4, migration=False, others=1),
    ),
    reader=(1.7, 2.7),
    migration=(2.0, 3.0),
)


def test_what_was_met_is_told_in_ratios_to_the_seconds_before() -> None:
    met = SEEN.during(T)
    assert met.answers == 1
    assert met.rate == pytest.approx(0.1)
    assert met.usual == pytest.approx(100)
    assert met.slowest == pytest.approx(100)
    assert met.errors == {"23502": 1}
    assert SEEN.waited() == 0.5


def test_table_without_answers_before_has_no_ratios() -> None:
    met = SEEN.during("public.other")
    assert (met.answers, met.rate, met.usual, met.slowest) == (1, 0, 0, 0)


def test_text_shows_each_table_and_each_statement() -> None:
    lines = as_text(SEEN).splitlines()
    assert lines[0].startswith("0002 under traffic: 1 sessions")
    assert "It waits for locks itself for 50% of that." in lines
    assert any(
        "10% of the usual answers a second" in one and "100 times as long as usual; 1 times 23502" in one
        for one in lines
    )
    assert "    0.000 to   0.900 s  ALTER TABLE t ADD a <int>" in lines
    assert any(one.rstrip().endswith("!") for one in lines)


def test_text_of_a_migration_that_fails_says_so() -> None:
    assert "It fails: lock timeout" in as_text(replace(SEEN, error="lock timeout"))


def test_drawing_is_an_image_of_all_answers_and_statements() -> None:
    root = ET.fromstring(as_svg(SEEN))  # noqa: S314 (our own)
    kinds = [one.get("class") for one in root.iter()]
    answers = [one for one in SEEN.answers if one.table == T]
    assert kinds.count("dot") + kinds.count("error") - 1 == len(answers)  # one of them is the number of errors
    assert kinds.count("sent") == len(SEEN.sent)
    assert kinds.count("locked") == 1
    assert kinds.count("waiting") == 2
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert "ALTER TABLE t ADD a <int>" in texts
    assert "1 x 23502" in texts


def test_drawing_of_nothing_but_the_migration_is_an_image() -> None:
    ET.fromstring(as_svg(replace(SEEN, answers=(), looks=(), sent=())))  # noqa: S314 (our own)
