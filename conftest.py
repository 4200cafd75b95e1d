"""The test run's Hypothesis profile."""

from tests import profiles

# Runs pytest inside pytest, for what the plugin shows and leaves behind.
pytest_plugins = ["pytester"]

profiles.load()
