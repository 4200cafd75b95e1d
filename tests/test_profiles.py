"""Which Hypothesis profile a run gets."""

import pytest

from tests.profiles import chosen


@pytest.mark.parametrize(
    ("environment", "profile"),
    [
        ({}, "dev"),
        ({"CI": "true"}, "ci"),
        ({"CI": ""}, "dev"),
        ({"CI": "true", "HYPOTHESIS_PROFILE": "deep"}, "deep"),
    ],
)
def test_profile_follows_the_environment(environment: dict[str, str], profile: str) -> None:
    assert chosen(environment) == profile


def test_unknown_profile_is_refused_with_the_valid_names() -> None:
    with pytest.raises(ValueError, match="'fast' is not a profile: set one of dev, ci, deep"):
        chosen({"HYPOTHESIS_PROFILE": "fast"})
