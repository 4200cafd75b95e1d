"""Whether the revisions hang together, told from their files."""
