"""What to begin with."""

from schemaproof.finding import Finding, Severity
from schemaproof.proofs.registry import BY_AREA, CHECKS
from schemaproof.report.urgency import _OF_AREA, _OF_CHECK, Urgency, most_urgent, to_begin_with, urgency
from tests.schemaproof.report.reports import a_finding

DIFFERING = {"parity", "offline", "configuration"}


def of(check: str, severity: Severity = Severity.ERROR) -> Finding:
    area = next(one.area for one in CHECKS if one.id == check)
    return Finding(**{**vars(a_finding(check=check, severity=severity)), "area": area})


def test_every_area_has_an_urgency() -> None:
    assert set(BY_AREA) <= _OF_AREA.keys() | DIFFERING


def test_checks_that_are_no_longer_there_have_none() -> None:
    assert _OF_CHECK.keys() <= {check.id for check in CHECKS}


def test_what_stops_a_deployment_comes_before_what_loses_data_blocks_stays_and_differs() -> None:
    found = ["parity-catalog", "downgrade-runs", "foreign-key-index", "rows-kept", "upgrade-with-rows"]
    assert [one.check for one in most_urgent(map(of, found))] == found[::-1]
    assert [urgency(one.check, one.area) for one in most_urgent(map(of, found))] == list(Urgency)


def test_an_error_comes_before_a_warning_of_the_same_urgency() -> None:
    found = [of("upgrade-with-rows", Severity.WARNING), of("upgrade-from-empty")]
    assert most_urgent(found) == found[::-1]


def test_to_begin_with_has_each_check_before_any_twice_and_no_notes() -> None:
    found = [*[of("upgrade-from-empty")] * 9, of("parity-catalog"), of("rows-kept", Severity.NOTE)]
    assert [one.check for one in to_begin_with(found)] == [*["upgrade-from-empty"] * 4, "parity-catalog"]
    assert to_begin_with([]) == []
