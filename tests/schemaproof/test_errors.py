"""What the user can do something about."""

import pickle

import pytest

from schemaproof.errors import ProofError
from schemaproof.postgres import PostgresError
from schemaproof.project.subject import SubjectError


@pytest.mark.parametrize("kind", [ProofError, PostgresError, SubjectError])
def test_error_survives_the_way_to_another_process(kind: type[ProofError]) -> None:
    error = kind("It failed.", evidence="log", remedy="Mend it.")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    assert type(copy) is kind
    assert (copy.cause, copy.evidence, copy.remedy) == ("It failed.", "log", "Mend it.")


@pytest.mark.parametrize(
    ("evidence", "text"), [("log\n", "It failed.\nlog\nRemedy: Mend it."), (" \n", "It failed.\nRemedy: Mend it.")]
)
def test_error_says_cause_evidence_and_remedy_in_that_order(evidence: str, text: str) -> None:
    assert str(ProofError("It failed.", evidence=evidence, remedy="Mend it.")) == text
