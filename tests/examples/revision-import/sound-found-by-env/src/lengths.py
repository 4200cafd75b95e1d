"""How long what may be."""

EMAIL = None
