"""The settings, read once."""

import os

url = os.environ["DATABASE_URL"]
