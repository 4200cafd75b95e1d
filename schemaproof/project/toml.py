"""TOML that is written: a table at a time, whatever characters its strings hold."""

from collections.abc import Mapping, Sequence

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def table(header: str, values: Mapping[str, str | int | Sequence[str]]) -> str:
    """The table under ``header`` ("[[finding]]"; "" for the top), a line for each of ``values``; ends with a newline.

    What can't be in a TOML document, half of a surrogate pair, is a replacement character in it.
    """
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    return "".join(f"{line}\n" for line in ([header] if header else []) + lines)


def _value(value: str | int | Sequence[str]) -> str:
    if isinstance(value, str):
        return string(value)
    return str(value) if isinstance(value, int) else f"[{', '.join(map(string, value))}]"


def string(text: str) -> str:
    """``text`` as a basic string (TOML 1.0, "String"), on one line, with nothing in it that an editor does not show."""
    return f'"{"".join(map(_character, text))}"'


def _character(one: str) -> str:
    if one in _SHORT:
        return _SHORT[one]
    if one.isprintable():
        return one
    code = ord(one)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
