"""The report as a page."""

import base64
import dataclasses
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from schemaproof.figure import Grid, Link
from schemaproof.finding import Place, Severity
from schemaproof.report.outcome import Obstacle, Report
from schemaproof.report.page import render
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import SCRIPT, a_hostile_finding, a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report

_VOID = {"meta", "br", "input"}

OWN = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "h1", "h2", "h3", "h4", "p", "br", "main"),
    *("section", "div", "table", "thead", "tbody", "tr", "th", "td", "code", "ol", "li", "svg", "path", "g", "circle"),
    *(
        "text",
        "rect",
        "form",
        "fieldset",
        "legend",
        "label",
        "input",
        "select",
        "option",
        "button",
        "output",
        "details",
    ),
    *("summary", "span", "rect", "pre", "footer", "script"),
}


class Page(HTMLParser):
    """The elements of a page, each closed where it must be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


REPORTS = {
    "sound": a_report(),
    "small": a_history(5, 4),
    "long": a_history(60, 120),
    "hostile": a_hostile_report(),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_page_is_of_its_own_elements_and_loads_nothing(report: Report) -> None:
    text = render(report)
    page = Page(text)
    assert {tag for tag, _ in page.elements} <= OWN
    assert len(page.all("script")) == 1 == len(page.all("style"))
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in {"src", "srcset", "style", "action"}
        ]
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_page_admits_its_own_script_and_style_alone(report: Report) -> None:
    text = render(report)
    policy = next(one["content"] for one in Page(text).all("meta") if "http-equiv" in one)
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        (held,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_page_links_to_what_is_there() -> None:
    page = Page(render(a_history(60, 120)))
    ids = [str(one["id"]) for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    assert {str(one["href"])[1:] for one in page.all("a")} <= set(ids)


def test_page_has_each_finding_and_unfolds_those_to_begin_with() -> None:
    report = a_history(60, 120)
    details = Page(render(report)).all("details")
    assert {one["id"] for one in details} == {f"finding-{one.fingerprint}" for one in report.findings}
    assert sum("open" in one for one in details) == 5
    assert {one["data-severity"] for one in details} == set(Severity)


def test_page_can_be_read_without_javascript() -> None:
    """What only a script can serve is shown by the script."""
    page = Page(render(a_history(5, 4)))
    assert [one for one in page.all("form") if "hidden" not in one] == []
    assert not [one for one in page.all("details") + page.all("section") if "hidden" in one]


def test_page_tells_all_of_a_finding() -> None:
    found = dataclasses.replace(
        a_finding(evidence="row 1\nrow 2"),
        also_found_by=("single-head",),
        remedy="Write `DROP TYPE color`, <then> commit.",
    )
    text = render(a_report(found))
    assert '<pre class="evidence">row 1\nrow 2</pre>' in text
    assert "<p>A rollback fails.</p>" in text
    assert '<p class="remedy">Write <code>DROP TYPE color</code>, &lt;then&gt; commit.</p>' in text
    assert "Also found by single-head." in text


def test_page_shows_the_code_that_a_finding_is_about(tmp_path: Path) -> None:
    (tmp_path / "0003.py").write_text("\n".join(f"line <{number}>" for number in range(1, 10)))
    found = dataclasses.replace(a_finding(), where=Place("0003.py", 5))
    text = render(dataclasses.replace(a_report(found), subject={"project": str(tmp_path)}))
    shown = re.findall(r'<span class="line( meant)?"><span class="number">(\d+)</span> line &lt;(\d)&gt;</span>', text)
    assert shown == [("", "3", "3"), ("", "4", "4"), (" meant", "5", "5"), ("", "6", "6"), ("", "7", "7")]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 2_000_000, None], ids=["no-text", "large", "gone"])
def test_page_without_code_that_can_be_read_has_the_finding_all_the_same(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "0003.py").write_bytes(content)
    found = dataclasses.replace(a_finding(), where=Place("0003.py", 5))
    text = render(dataclasses.replace(a_report(found), subject={"project": str(tmp_path)}))
    assert '<pre class="code"' not in text
    assert "0003.py:5" in text


def test_page_shows_hostile_texts_as_they_are() -> None:
    page = Page(render(a_hostile_report()))
    assert SCRIPT in "".join(page.texts)
    assert not [one for one in "".join(page.texts) if not one.isprintable() and one not in "\n\t\ufffd"]


def test_page_says_what_kept_checks_from_running_and_what_is_allowed() -> None:
    obstacle = Obstacle("impossible", "No server.", "refused", "Start it.", "single-head", "0001")
    text = render(a_report(allowed=((a_finding(), "Old rows."),), obstacles=(obstacle,)))
    assert "<h2>single-head of 0001</h2><p>No server.</p>" in text
    assert "downgrade-restores at 0003 (type public.color): Old rows.</pre>" in text


def test_page_draws_sessions_that_take_turns_as_two_columns() -> None:
    course = "before\ndelete  DELETE FROM chat\nother   INSERT INTO <message>\ndelete  COMMIT\nrows left: 1"
    text = render(a_report(a_finding(evidence=course)))
    assert '<th scope="col">delete</th><th scope="col">other</th>' in text
    assert "<td><code></code></td><td><code>INSERT INTO &lt;message&gt;</code></td>" in text
    assert '<pre class="evidence">before</pre>' in text
    assert '<pre class="evidence">rows left: 1</pre>' in text


@pytest.mark.parametrize(
    "evidence", ["a  1\nb  2", "id  name\nid  name\nid  name", "a  1\nb  2\nc  3", "a  1\nb   2\na  3"]
)
def test_page_draws_no_other_lines_so(evidence: str) -> None:
    assert f'<pre class="evidence">{evidence}</pre>' in render(a_report(a_finding(evidence=evidence)))


GRID = Grid(("where", "error", "killed"), (("COMMIT <1>", "before", "in between"),), ((0, 2),))


def test_page_has_the_tables_in_the_evidence_in_their_place_and_others_below_it() -> None:
    rows = Grid(("id", "name"), (("1", "a  b"),))
    evidence = "statement: x\npublic.t holds:\n  id  name\n  1   a  b\nend"
    found = dataclasses.replace(a_finding(evidence=evidence), grids=(rows, GRID))
    text = render(a_report(found))
    places = [
        text.index('<pre class="evidence">statement: x\npublic.t holds:</pre>'),
        text.index('<tr><th scope="row"><code>1</code></th><td class=""><code>a  b</code></td></tr>'),
        text.index('<pre class="evidence">end</pre>'),
        text.index('<th scope="col">killed</th>'),
        text.index('<code>COMMIT &lt;1&gt;</code></th><td class=""><code>before</code></td><td class="wrong">'),
    ]
    assert places == sorted(places)


def test_page_draws_the_keys_that_a_delete_follows() -> None:
    link = Link("public.user", "public.<order>", ("user_id",), "CASCADE", meant=True)
    text = render(a_report(dataclasses.replace(a_finding(), links=(link,))))
    assert ">user_id: CASCADE</text>" in text
    assert ">public.&lt;order&gt;</text>" in text
    assert 'aria-label="public.&lt;order&gt; to public.user, user_id: CASCADE"' in text
    assert '<path class="key cascade meant"' in text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def seen(page: str, folder: Path, anchor: str = "") -> str:
    """The page as a browser has it, when its scripts have run."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=2000", "--dump-dom", f"{path.as_uri()}{anchor}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@in_a_browser
def test_page_in_a_browser_shows_its_filters_and_unfolds_what_is_linked_to(tmp_path: Path) -> None:
    text = render(a_history(5, 20))
    folded = next(str(one["id"]) for one in Page(text).all("details") if "open" not in one)
    page = Page(seen(text, tmp_path, f"#{folded}"))
    assert ["hidden" in one for one in page.all("form")] == [False]
    (linked,) = [one for one in page.all("details") if one["id"] == folded]
    assert "open" in linked


@in_a_browser
def test_page_in_a_browser_shows_tables_and_keys_in_full(tmp_path: Path) -> None:
    """What is wrong has its colour, and no word of a drawing lies outside of it."""
    found = dataclasses.replace(a_finding(), grids=(GRID,), links=a_hostile_finding().links)
    measure = """
      const wrong = getComputedStyle(document.querySelector("td.wrong"));
      const box = document.querySelector("details svg").getBoundingClientRect();
      const out = [...document.querySelectorAll("details svg text")].map((one) => one.getBoundingClientRect())
        .filter((one) => one.right > box.right || one.bottom > box.bottom);
      document.title = `measured ${wrong.color} ${out.length}`;
    """
    page = render(a_report(found))
    driven = re.sub(r"<meta http-equiv.*?>", "", page).replace("</body>", f"<script>{measure}</script></body>")
    assert "<title>measured rgb(179, 38, 30) 0</title>" in seen(driven, tmp_path)


@in_a_browser
@pytest.mark.parametrize(
    ("action", "attribute", "values"),
    [
        ("form.querySelector('[value=error]').checked = false", "data-severity", {"warning", "note"}),
        ("form.elements.area.value = 'parity'", "data-area", {"parity"}),
        ("form.elements.revision.value = ''", "data-revision", {""}),
        ("form.elements.text.value = 'WHICH no statement names'", "data-area", {"data"}),
    ],
    ids=["severity", "area", "revision", "text"],
)
def test_page_in_a_browser_is_filtered(tmp_path: Path, action: str, attribute: str, values: set[str]) -> None:
    text = render(a_history(9, 60))
    drive = f"const form = document.querySelector('form'); {action}; form.dispatchEvent(new Event('input'))"
    driven = re.sub(r"<meta http-equiv.*?>", "", text).replace("</body>", f"<script>{drive}</script></body>")
    page = Page(seen(driven, tmp_path))
    shown = [one for one in page.all("details") if "hidden" not in one]
    assert {one[attribute] for one in shown} == values
    assert f"{len(shown)} of 60" in "".join(page.texts)


@in_a_browser
def test_page_in_a_browser_runs_no_script_of_the_projects(tmp_path: Path) -> None:
    """Also where one got through: the policy admits none but the page's own."""
    page = render(a_report(a_finding())).replace("<main>", "<main><script>document.title = 'run'</script>")
    assert "<title>run</title>" not in seen(page, tmp_path)
