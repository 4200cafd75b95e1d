"""The checks as pytest items: found without a database or the project's code, answered by a process of their own."""
