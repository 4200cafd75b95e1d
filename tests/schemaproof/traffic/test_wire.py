"""PostgreSQL's messages, read from byte streams that come in any pieces."""

import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemaproof.traffic.wire import Direction, Frame, Framing, Message, error_response

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT


def untyped(code: int, body: bytes = b"") -> bytes:
    return struct.pack("!ii", 8 + len(body), code) + body


def typed(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", 4 + len(body)) + body


STARTUP = untyped(196608, b"user\0me\0\0")
SSL_REQUEST = untyped(80877103)
GSSENC_REQUEST = untyped(80877104)

MESSAGES = [
    (typed(b"Q", b"SELECT 1\0"), (Message.QUERY,)),
    (typed(b"Q", b"COMMIT\0"), (Message.QUERY, Message.COMMIT)),
    (typed(b"P", b"s1\0SELECT $1\0\0\0"), (Message.PARSE,)),
    (typed(b"B", b"p1\0s1\0" + bytes(6)), (Message.BIND,)),
    (typed(b"E", b"p1\0" + bytes(4)), (Message.EXECUTE,)),
    (typed(b"S"), (Message.SYNC,)),
    (typed(b"F", b"a function call"), ()),
]


def started() -> Framing:
    framing = Framing()
    assert framing.feed(TO_SERVER, STARTUP) == [Frame(STARTUP, (Message.STARTUP,))]
    return framing


def kinds(framing: Framing, direction: Direction, *messages: bytes) -> list[tuple[Message, ...]]:
    return [frame.kinds for frame in framing.feed(direction, b"".join(messages))]


def pieces(data: bytes, cuts: set[int]) -> Iterator[bytes]:
    return (data[start:end] for start, end in pairwise([0, *sorted(cuts), len(data)]))


@given(st.lists(st.sampled_from(MESSAGES), max_size=6), st.sets(st.integers(0, 120)))
def test_messages_are_the_same_in_whatever_pieces_they_come(
    messages: list[tuple[bytes, tuple[Message, ...]]], cuts: set[int]
) -> None:
    data = STARTUP + b"".join(message for message, _ in messages)
    framing = Framing()
    frames = [
        frame
        for piece in pieces(data, {cut for cut in cuts if cut < len(data)})
        for frame in framing.feed(TO_SERVER, piece)
    ]
    assert frames == [Frame(STARTUP, (Message.STARTUP,)), *(Frame(*message) for message in messages)]
    assert framing.rest(TO_SERVER) == []


@given(st.lists(st.binary(max_size=30)), st.sampled_from(Direction))
def test_bytes_of_any_stream_come_out_as_they_went_in(chunks: list[bytes], direction: Direction) -> None:
    framing = Framing()
    frames = [frame for chunk in chunks for frame in framing.feed(direction, chunk)] + framing.rest(direction)
    assert b"".join(frame.data for frame in frames) == b"".join(chunks)


def test_rest_of_an_incomplete_message_is_given_out_once() -> None:
    framing = started()
    assert framing.feed(TO_SERVER, b"Q\0\0\0") == []
    assert framing.rest(TO_SERVER) == [Frame(b"Q\0\0\0")]
    assert framing.rest(TO_SERVER) == []


@pytest.mark.parametrize(
    "query",
    [
        b"COMMIT",
        b"commit",
        b"COMMIT;",
        b"COMMIT AND CHAIN",
        b"END",
        b"end transaction",
        b" \n-- now\n/* so\nit is */ COMMIT",
    ],
)
def test_commit_is_known_however_it_is_written(query: bytes) -> None:
    assert kinds(started(), TO_SERVER, typed(b"Q", query + b"\0")) == [(Message.QUERY, Message.COMMIT)]


@pytest.mark.parametrize(
    "query", [b"COMMIT PREPARED 'x'", b"commits", b"SELECT 'COMMIT'", b"ROLLBACK", b"", b"-- COMMIT"]
)
def test_query_that_is_no_commit_is_told_apart(query: bytes) -> None:
    assert kinds(started(), TO_SERVER, typed(b"Q", query + b"\0")) == [(Message.QUERY,)]


def test_execute_of_a_statement_that_was_parsed_as_commit_is_a_commit() -> None:
    framing = started()
    kinds(framing, TO_SERVER, typed(b"P", b"s\0COMMIT\0\0\0"), typed(b"P", b"t\0SELECT\0\0\0"))
    bind, other = typed(b"B", b"p\0s\0" + bytes(6)), typed(b"B", b"p\0t\0" + bytes(6))
    execute = typed(b"E", b"p\0" + bytes(4))
    for _ in range(2):
        assert kinds(framing, TO_SERVER, bind, execute) == [(Message.BIND,), (Message.EXECUTE, Message.COMMIT)]
        assert kinds(framing, TO_SERVER, other, execute) == [(Message.BIND,), (Message.EXECUTE,)]


def test_statement_that_is_parsed_again_is_no_commit_any_more() -> None:
    framing = started()
    bind, execute = typed(b"B", b"\0\0" + bytes(6)), typed(b"E", b"\0" + bytes(4))
    kinds(framing, TO_SERVER, typed(b"P", b"\0COMMIT\0\0\0"), typed(b"P", b"\0SELECT\0\0\0"), bind)
    assert kinds(framing, TO_SERVER, execute) == [(Message.EXECUTE,)]


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        (b"COMMIT", (Message.COMMAND_COMPLETE, Message.COMMIT_COMPLETE)),
        (b"ROLLBACK", (Message.COMMAND_COMPLETE,)),
        (b"COMMIT PREPARED", (Message.COMMAND_COMPLETE,)),
    ],
)
def test_answer_of_commit_is_known_by_its_tag(tag: bytes, found: tuple[Message, ...]) -> None:
    assert kinds(started(), TO_CLIENT, typed(b"C", tag + b"\0")) == [found]


def test_client_that_is_refused_encryption_begins_again_without() -> None:
    framing = Framing()
    assert kinds(framing, TO_SERVER, GSSENC_REQUEST) == [(Message.GSSENC_REQUEST,)]
    assert framing.feed(TO_CLIENT, b"N") == [Frame(b"N")]
    assert kinds(framing, TO_SERVER, SSL_REQUEST) == [(Message.SSL_REQUEST,)]
    assert framing.feed(TO_CLIENT, b"N") == [Frame(b"N")]
    assert kinds(framing, TO_SERVER, STARTUP) == [(Message.STARTUP,)]
    assert kinds(framing, TO_CLIENT, typed(b"S", b"x\0y\0"), typed(b"N", b"\0")) == [
        (Message.PARAMETER_STATUS,),
        (Message.NOTICE_RESPONSE,),
    ]
    assert not framing.opaque


@pytest.mark.parametrize(("request_", "answer"), [(SSL_REQUEST, b"S"), (GSSENC_REQUEST, b"G")])
def test_encrypted_bytes_are_passed_as_they_come(request_: bytes, answer: bytes) -> None:
    framing = Framing()
    framing.feed(TO_SERVER, request_)
    assert framing.feed(TO_CLIENT, answer + b"more") == [Frame(answer), Frame(b"more")]
    assert framing.opaque
    assert framing.feed(TO_SERVER, b"Q\0") == [Frame(b"Q\0")]


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00\x01", struct.pack("!ii", 7, 196608)]
)
def test_what_is_no_startup_packet_is_passed_as_it_comes(data: bytes) -> None:
    framing = Framing()
    assert framing.feed(TO_SERVER, data) == [Frame(data)]
    assert framing.opaque


def test_message_of_an_impossible_length_is_passed_as_it_comes() -> None:
    framing = started()
    assert framing.feed(TO_SERVER, b"Q\0\0\0\3x") == [Frame(b"Q\0\0\0\3x")]
    assert framing.opaque


def test_cancel_request_is_a_message() -> None:
    assert kinds(Framing(), TO_SERVER, untyped(80877102, bytes(8))) == [(Message.CANCEL_REQUEST,)]


def test_error_response_is_one_message() -> None:
    assert kinds(started(), TO_CLIENT, error_response("57P03", "starting up")) == [(Message.ERROR_RESPONSE,)]
