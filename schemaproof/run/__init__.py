"""In which order checks are asked, in which processes, and what is known when a run ends, however it ends."""
