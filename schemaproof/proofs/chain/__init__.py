"""Whether the revisions can be read and form one history, judged from their files."""
