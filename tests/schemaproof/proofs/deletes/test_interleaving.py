"""Two sessions' steps in every order, and how the instrument sees who waits."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import combinations

import psycopg
import pytest

from schemaproof.postgres import Database
from schemaproof.proofs.deletes.interleaving import (
    DEADLOCK,
    HUNG,
    OTHER,
    Connection,
    Course,
    Gate,
    Interleaving,
    Session,
)

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE CASCADE);
CREATE TABLE log (place serial, what text);
"""
DELETE, INSERT = "DELETE FROM parent WHERE id = 1", "INSERT INTO child VALUES (1, 1)"


class Stage:
    """Two sessions of one database, and a third that looks at them."""

    def __init__(self, database: Database, stack: ExitStack) -> None:
        self.observer = stack.enter_context(psycopg.connect(database.dsn, autocommit=True))
        self.observer.execute(TABLES.encode())
        self.connections = [stack.enter_context(psycopg.connect(database.dsn)) for _ in range(2)]

    def interleaving(self, first: list[str], second: list[str], *, patience: float = 10) -> Interleaving:
        one, other = (
            Session(connection, partial(run, connection, statements))
            for connection, statements in zip(self.connections, (first, second), strict=True)
        )
        return Interleaving(self.observer, (one, other), patience=patience)

    def courses(self, first: list[str], second: list[str]) -> list[Course]:
        return list(self.interleaving(first, second).courses(self.renew))

    def renew(self) -> None:
        self.observer.execute("TRUNCATE parent, child, log; INSERT INTO parent VALUES (1), (2)")


def run(connection: Connection, statements: list[str], gate: Gate) -> None:
    for statement in statements:
        gate(statement)
        connection.execute(statement.encode())
    gate("COMMIT")
    connection.commit()


def order(course: Course) -> str:
    return "".join("DI"[step.session] + ("*" if step.waited else "") for step in course.steps)


@pytest.fixture
def stage(empty_database: Database) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(empty_database, stack)


def test_sessions_that_never_wait_take_their_steps_in_every_order(stage: Stage) -> None:
    log = "INSERT INTO log (what) VALUES ('{}')"
    found = {order(course) for course in stage.courses([log.format("a")] * 2, [log.format("b")])}
    places = combinations(range(5), 2)
    assert found == {"".join("I" if place in chosen else "D" for place in range(5)) for chosen in places}


def test_step_is_over_before_the_next_one_begins(stage: Stage) -> None:
    first = [f"INSERT INTO log (what) VALUES ('D{n}')" for n in range(2)]
    second = [f"SELECT pg_sleep(0.003); INSERT INTO log (what) VALUES ('I{n}')" for n in range(2)]
    for course in stage.interleaving(first, second).courses(stage.renew):
        logged = [what for (what,) in stage.observer.execute("SELECT what FROM log ORDER BY place").fetchall()]
        begun = [step.what.rpartition("('")[2][:2] for step in course.steps if step.what != "COMMIT"]
        assert logged == begun


def test_waiting_step_takes_part_in_no_choice(stage: Stage) -> None:
    assert [order(course) for course in stage.courses([DELETE], [INSERT])] == ["DDI", "DI*D", "ID*ID", "IIDD"]


def test_refused_session_ends_and_the_other_goes_on(stage: Stage) -> None:
    course = stage.courses([DELETE], [INSERT])[0]
    assert [end.state for end in course.ends] == ["", "23503"]


def test_deadlock_is_an_outcome_whose_victim_closed_the_circle(stage: Stage) -> None:
    lock = "SELECT FROM parent WHERE id = {} FOR UPDATE"
    interleaving = stage.interleaving([lock.format(1), lock.format(2)], [lock.format(2), lock.format(1)])
    stage.renew()
    assert [end.state for end in interleaving.course([0, 1, 0, 1]).ends] == ["", DEADLOCK]
    course = interleaving.course([0, 1, 1, 0])
    assert [end.state for end in course.ends] == [DEADLOCK, ""]
    assert [step.waited for step in course.steps] == [False, False, True, True, False]


def test_same_schedule_has_the_same_course_in_200_runs(stage: Stage) -> None:
    """Deadlocks, waits and refusals are in it."""
    first = ["INSERT INTO child VALUES (9, 2)", DELETE]
    second = ["SELECT FROM parent WHERE id = 1 FOR KEY SHARE", "UPDATE parent SET id = 3 WHERE id = 2"]
    interleaving = stage.interleaving(first, second)
    once = list(interleaving.courses(stage.renew))
    assert DEADLOCK in {end.state for course in once for end in course.ends}
    for _ in range(200 // len(once) + 1):
        assert list(interleaving.courses(stage.renew)) == once


def test_wait_for_a_third_session_is_ended_by_the_net(stage: Stage, empty_database: Database) -> None:
    stage.renew()
    with psycopg.connect(empty_database.dsn) as third:
        third.execute("LOCK TABLE parent")
        course = stage.interleaving([DELETE], [], patience=0.05).course([])
    assert course.ends[0].state == HUNG


def test_error_of_a_script_is_its_end(stage: Stage) -> None:
    def fail(gate: Gate) -> None:
        gate("compute")
        raise ValueError("no\nnumber")

    idle = Session(stage.connections[1], lambda _: None)
    course = Interleaving(stage.observer, (Session(stage.connections[0], fail), idle)).course([])
    assert (course.ends[0].state, course.ends[0].why) == (OTHER, "ValueError: no")


def test_lost_session_is_no_outcome(stage: Stage) -> None:
    suicide = ["SELECT pg_terminate_backend(pg_backend_pid())"]
    with pytest.raises(psycopg.OperationalError):
        stage.interleaving(suicide, [DELETE]).course([])


def test_failure_between_two_steps_leaves_no_session_in_a_transaction(stage: Stage) -> None:
    interleaving = stage.interleaving([DELETE], [INSERT])
    stage.renew()
    stage.observer.close()
    with pytest.raises(psycopg.OperationalError):
        interleaving.course([0, 1])
    assert {one.info.transaction_status for one in stage.connections} == {psycopg.pq.TransactionStatus.IDLE}


def test_serial_course_is_one_session_after_the_other(stage: Stage) -> None:
    assert [course.serial for course in stage.courses([DELETE], [INSERT])] == [True, False, False, True]


def test_lines_tell_who_did_what_and_who_failed(stage: Stage) -> None:
    waiting = stage.courses([DELETE], [INSERT])[1]
    lines = list(waiting.lines(("one", "other")))
    assert lines[:3] == [f"one    {DELETE}", f"other  {INSERT}  (waits)", "one    COMMIT"]
    assert lines[3].startswith("other  fails: insert or update on table")
