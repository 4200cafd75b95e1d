"""Which revisions are asked about, in repositories that git itself makes."""

import contextlib
from pathlib import Path

import pytest

from schemaproof.errors import ProofError
from schemaproof.migration.revisions import load, script_directory
from schemaproof.project.subject import Subject
from schemaproof.report.outcome import Scope
from schemaproof.run.scope import EVERYTHING, Wanted
from tests.schemaproof.clones import VERSIONS, Clone
from tests.schemaproof.projects import make_project, table


def scope(subject: Subject, wanted: Wanted) -> Scope | None:
    script = script_directory(subject.config(), contextlib.nullcontext)
    chain = load(script, contextlib.nullcontext)
    return wanted.scope(script, chain.revisions, subject.project)


def since(clone: Clone, reference: str = "main") -> Scope:
    found = scope(clone.subject, Wanted(since=reference))
    assert found is not None
    return found


def refused(subject: Subject, wanted: Wanted) -> ProofError:
    with pytest.raises(ProofError) as caught:
        scope(subject, wanted)
    return caught.value


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_all_revisions_are_asked_about_unless_some_are_wanted(tmp_path: Path) -> None:
    assert scope(make_project(tmp_path, [table("t")]), EVERYTHING) is None


def test_new_are_committed_and_staged_and_untracked_and_ignored_files(clone: Clone) -> None:
    clone.add("0004", "0003")
    clone.commit()
    clone.add("0005", "0004")
    clone.git("add", "--all")
    clone.add("0006", "0005")
    clone.add("0007", "0006")
    (clone.root / ".gitignore").write_text("0007.py\n")
    assert since(clone).asked == ("0004", "0005", "0006", "0007")


def test_new_is_what_the_merge_base_lacks_and_not_what_the_reference_has(clone: Clone) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.add("0004", "0003")
    clone.commit()
    clone.git("checkout", "--quiet", "main")
    clone.add("0004", "0003")
    clone.commit("the same on main")
    clone.git("checkout", "--quiet", "work")
    found = since(clone)
    assert (found.asked, found.why) == (("0004",), f"new since main (merge base {base[:10]})")


def test_nothing_is_new_where_no_file_is(clone: Clone) -> None:
    assert since(clone).asked == ()


def test_renamed_file_is_not_new(clone: Clone) -> None:
    (clone.root / VERSIONS / "0002.py").rename(clone.root / VERSIONS / "0002_make_u.py")
    assert since(clone).asked == ()
    clone.commit()
    assert since(clone).asked == ()


def test_edited_revision_is_asked_and_said_to_be_edited(clone: Clone) -> None:
    path = clone.root / VERSIONS / "0002.py"
    path.write_text(path.read_text().replace("CREATE TABLE u", "CREATE UNLOGGED TABLE u"))
    found = since(clone)
    assert (found.asked, found.remarks) == (("0002",), ("edited since then, so asked too: 0002",))


def test_revision_that_was_only_formatted_is_not_asked(clone: Clone) -> None:
    path = clone.root / VERSIONS / "0002.py"
    path.write_text(f'"""Make u."""\n{path.read_text()}\n# formatted\n'.replace("def upgrade():", "def upgrade( ):"))
    assert since(clone).asked == ()


def test_edited_environment_is_said(clone: Clone) -> None:
    with (clone.root / "migrations" / "env.py").open("a") as file:
        file.write("# edited\n")
    assert since(clone).remarks == ("env.py was edited since then; without --since it is tried on all revisions",)


def test_project_may_be_a_folder_of_its_repository(tmp_path: Path) -> None:
    clone = Clone(tmp_path, "services/shop")
    clone.add()
    assert since(clone).asked == ("0004",)


def test_revisions_may_be_in_several_folders_and_some_outside_of_the_repository(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    clone = Clone(tmp_path / "clone")
    with (clone.root / "alembic.ini").open("a") as file:
        file.write(
            f"version_locations = %(here)s/migrations/versions %(here)s/more {elsewhere}\npath_separator = space\n"
        )
    clone.add("0004", "0003", Path("more"))
    clone.add("0005", "0004", elsewhere)
    found = since(clone)
    assert found.asked == ("0004",)
    assert found.remarks == (f"taken for old, since it is not in the repository: {elsewhere}",)


def test_folder_may_be_reached_through_a_symbolic_link(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone")
    clone.add()
    (tmp_path / "link").symlink_to(clone.root)
    linked = scope(Subject(tmp_path / "link", driver="psycopg"), Wanted(since="main"))
    assert linked is not None
    assert linked.asked == ("0004",)


def test_reference_may_be_a_revision_id_or_its_beginning(clone: Clone) -> None:
    assert since(clone, "0002") == Scope(("0003",), "above revision 0002")
    assert since(clone, "0003") == Scope((), "above revision 0003")
    clone.add("abcdef", "0003")
    assert since(clone, "abcd").why == "above revision abcdef"


def test_reference_that_is_unknown_is_refused_with_the_command_that_fetches_it(clone: Clone) -> None:
    error = refused(clone.subject, Wanted(since="origin/main"))
    assert error.cause == (
        f"--since origin/main: no revision of the project has this id. The repository {clone.root} has no reference"
        " 'origin/main'."
    )
    assert "`git fetch origin +refs/heads/main:refs/remotes/origin/main`" in error.remedy


def test_reference_that_resembles_a_revision_names_it(clone: Clone) -> None:
    assert refused(clone.subject, Wanted(since="00003")).remedy.startswith("Did you mean 0003? ")


def test_reference_is_no_option_of_git(clone: Clone) -> None:
    assert "has no reference '--all'" in refused(clone.subject, Wanted(since="--all")).cause


def test_reference_outside_of_a_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    error = refused(make_project(tmp_path, [table("t")]), Wanted(since="main"))
    assert error.cause.endswith(f"{tmp_path} is in no git repository.")
    assert error.remedy.startswith("Give --since a revision id of the project")


def test_reference_without_git_is_refused(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone.root))
    error = refused(clone.subject, Wanted(since="main"))
    assert "git can't be run: " in error.cause
    assert "Install git" in error.remedy


def test_reference_without_a_common_commit_is_refused(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "--orphan", "other")
    clone.commit("begin anew")
    assert "main and HEAD have no commit in common" in refused(clone.subject, Wanted(since="main")).cause


def test_named_revisions_are_resolved_as_alembic_does(tmp_path: Path) -> None:
    subject = make_project(tmp_path, [table("t"), table("u"), table("v")])
    found = scope(subject, Wanted(revisions=("heads", "0001")))
    assert found == Scope(("0001", "0003"), "named by --revision")


@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("ab12", "--revision ab12: several revisions begin with it.", "Did you mean ab12cd or ab12ef? "),
        ("0004", "--revision 0004: there is no such revision.", "Did you mean 000"),
        ("base", "--revision base: there is no such revision.", "`alembic history` lists the ids."),
    ],
)
def test_named_revision_that_is_unknown_is_refused(clone: Clone, name: str, cause: str, remedy: str) -> None:
    clone.add("ab12cd", "0003")
    clone.add("ab12ef", "ab12cd")
    error = refused(clone.subject, Wanted(revisions=(name,)))
    assert error.cause.startswith(cause)
    assert error.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("since", "revisions", "cause"),
    [
        ("main", "0001", "--since and --revision are both given."),
        ("", None, "--since is empty."),
        (None, "0001,", "--revision is empty."),
    ],
)
def test_options_that_name_nothing_or_two_things_are_refused(
    since: str | None, revisions: str | None, cause: str
) -> None:
    with pytest.raises(ProofError) as caught:
        Wanted.read(since, revisions)
    assert caught.value.cause == cause
