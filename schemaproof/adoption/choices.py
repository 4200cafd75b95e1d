"""The settings that a project needs, and why."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from schemaproof.adoption import code, place, server
from schemaproof.adoption.code import Source
from schemaproof.adoption.place import Place
from schemaproof.migration import drivers
from schemaproof.project.compat import DEFAULT_NAME
from schemaproof.project.subject import DEFAULT_INI, DEFAULT_URL_ENV


@dataclass
class Choices:
    """What was chosen for a project.

    Attributes:
        settings: what [tool.schemaproof] needs, as far as the defaults do not do.
        environment: what [tool.schemaproof.environment] needs.
        reasons: what was chosen and why, by what it is about.
        tests: the folder of the project's tests; None where it has no pytest.
        unknown: what was not found, so that the defaults may not do, as settings that say it.
    """

    settings: dict[str, str | Sequence[str]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    tests: Path | None = None
    unknown: list[str] = field(default_factory=list)

    def set(self, key: str, value: str, why: str) -> None:
        """Choose ``value`` for ``key``."""
        self.settings[key] = value
        self.reasons.append((key, f"{value}: {why}"))

    def leave(self, about: str, why: str) -> None:
        """Choose the default."""
        self.reasons.append((about, why))

    def ask(self, about: str, why: str, *settings: str) -> None:
        """Choose the default for want of something better: one of ``settings`` may be needed."""
        self.leave(about, why)
        self.unknown.extend(settings)


def choose(project: Path) -> Choices:
    """What the files in the folder ``project`` show.

    Raises:
        ProofError: where there is no Alembic environment in it.
    """
    found = place.find(project)
    chosen = Choices()
    _alembic(chosen, found)
    if found.folder is None:
        why = "in a package that only an import finds; how it gets its database was not looked at"
        chosen.ask("env.py", why, *_OF_URL)
    else:
        _database(chosen, found, found.folder, project)
    chosen.tests = _tests(project)
    why = "among what the project depends on" if chosen.tests else "not among what the project depends on"
    chosen.leave("pytest", why)
    return chosen


def _alembic(chosen: Choices, found: Place) -> None:
    if found.alembic_ini is not None and found.alembic_ini != Path(DEFAULT_INI):
        chosen.set("alembic-ini", found.alembic_ini.as_posix(), found.why)
    elif found.script_location is None and found.name == DEFAULT_NAME:
        chosen.leave("Alembic", found.why)
    if found.name != DEFAULT_NAME:
        chosen.set("name", found.name, f"{found.why}; there is no section [{DEFAULT_NAME}]")
    if found.others:
        named = " and ".join(f"`schemaproof verify --name {shlex.quote(one)}`" for one in found.others)
        chosen.leave("sections", f"[{found.name}] is verified; each other by a run of its own: {named}")
    if found.script_location is not None:
        chosen.set("script-location", found.script_location, found.why)


def _database(chosen: Choices, found: Place, folder: Path, project: Path) -> None:
    env = Source.read(folder / "env.py", project)
    others = [Source.read(path, project) for path in drivers.source_files(project) if path != folder / "env.py"]
    _url(chosen, env, others)
    if made := code.application(env, others):
        chosen.set("before", made.value, made.why)
    elif code.needs_an_application(env):
        why = f"{env.name} asks for current_app: name the function that makes it, MODULE:FUNCTION"
        chosen.ask("before", why, "before")
    if models := code.metadata(env, others):
        chosen.set("metadata", models.value, f"{models.why}; env.py has target_metadata = None")
    else:
        none = code.METADATA_MISSING.search(env.text)
        chosen.leave("metadata", "no models were found; parity with them is not checked" if none else "env.py's own")
    driver = next(drivers.choices(project, folder, None, found.url, DEFAULT_URL_ENV))
    named = f"{driver.driver or 'the one of postgresql://'}, {driver.why}"
    chosen.leave("driver", f"{named if driver.named else 'none is named'}; each run finds it out anew")
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("versions/**/*.py"))]
    fitting = server.choose(project, server.extensions(texts))
    for key, value in fitting.settings.items():
        chosen.settings[key] = value
    chosen.leave("server", ", ".join([*fitting.settings.values(), fitting.why]))


def _url(chosen: Choices, env: Source, others: list[Source]) -> None:
    if option := code.url_option(env):
        chosen.set("url-option", option.value, option.why)
        return
    if (x := code.x_argument(env)) and not code.url_variable(env, ()):
        chosen.settings["x"] = [f"{x.value}={{url}}"]
        chosen.leave("url", f"the argument {x.value} of `alembic -x`, {x.why}")
        return
    variable = code.url_variable(env, () if code.takes_the_configurations(env) else others)
    if variable is not None and variable.value != DEFAULT_URL_ENV:
        chosen.set("url-env", variable.value, variable.why)
        return
    if variable is not None:
        chosen.leave("url", f"{DEFAULT_URL_ENV}, {variable.why}")
        return
    parts, where = code.url_parts([env, *others])
    if parts and not code.takes_the_configurations(env):
        chosen.environment |= parts
        chosen.leave("url", f"in parts, {where}: {', '.join(parts)}")
        return
    if code.takes_the_configurations(env):
        chosen.leave("url", f"sqlalchemy.url, which {env.name} reads")
    else:
        chosen.ask("url", _UNKNOWN, *_OF_URL)


_OF_URL = ("url-env", "url-option", "x")  # the settings for where the URL is read from
_UNKNOWN = f"nothing was found that it is read from; {DEFAULT_URL_ENV} and sqlalchemy.url are set for env.py"


def _tests(project: Path) -> Path | None:
    """The folder of the project's tests, if it depends on pytest."""
    if not any("pytest" in names for _, names in drivers.requirements(project)):
        return None
    return next((folder for folder in _candidates(project) if folder.is_dir()), project / "tests")


def _candidates(project: Path) -> Iterator[Path]:
    yield from (project / "tests", project / "test")
