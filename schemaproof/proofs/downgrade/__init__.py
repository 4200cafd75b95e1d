"""Whether every downgrade takes back its upgrade."""
