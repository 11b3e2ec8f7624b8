"""HTTP/1.1 responses: the same head and body come out, however the bytes are cut; what is none is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpress.providers import framing

CONTENT = b"so it is, \r\n0\r\n\r\n and has always been"
CHUNKED = b"".join(b"%x;a=1\r\n%s\r\n" % (len(part), part) for part in (CONTENT[:1], CONTENT[1:20], CONTENT[20:]))
BODIES = {
    "chunked": (b"Transfer-Encoding: Chunked\r\n", CHUNKED + b"0\r\n\r\n"),
    "with trailers": (b"transfer-encoding: chunked\r\n", CHUNKED + b"000\r\nA: b\r\n\r\n"),
    "counted": (b"Content-Length: %d\r\n" % len(CONTENT), CONTENT),
    "open": (b"", CONTENT),
}


def read(raw: bytes, *cuts: int) -> tuple[framing.Head, bytes, bool]:
    """Return head, content, and whether the body had ended before the connection did."""
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    parts = iter([raw[a:b] for a, b in itertools.pairwise(places)])
    heads, found = framing.Heads(), None
    while found is None:
        found = heads.feed(next(parts))
    head, rest = found
    body = framing.body_of(head)
    content = body.feed(rest) + b"".join(body.feed(part) for part in parts)
    return head, content, body.ended


@given(kind=st.sampled_from(sorted(BODIES)), hint=st.booleans(), cuts=st.lists(st.integers(0, 300), max_size=12))
def test_however_it_is_cut_the_same_response_comes(kind: str, hint: bool, cuts: list[int]) -> None:
    header, body = BODIES[kind]
    early = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" if hint else b""

    head, content, ended = read(early + b"HTTP/1.1 200 OK\r\nX-A:  b \r\n" + header + b"\r\n" + body, *cuts)

    assert (head.status, head.reason, head.headers[0]) == (200, b"OK", (b"X-A", b"b"))
    assert content == CONTENT
    assert ended is (kind != "open")


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close", False),
        (b"HTTP/1.1 200 OK\r\nConnection: te, close", False),
        (b"HTTP/1.0 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", True),
    ],
)
def test_a_connection_is_kept_as_both_sides_say(head: bytes, kept: bool) -> None:
    assert read(head + b"\r\nContent-Length: 0\r\n\r\n")[0].is_kept is kept


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5_000,
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000,
    ],
)
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    with pytest.raises(framing.Malformed):
        read(raw)


@pytest.mark.parametrize("kind", ["chunked", "with trailers", "counted"])
def test_a_body_that_ends_too_early_is_refused(kind: str) -> None:
    header, body = BODIES[kind]
    found = framing.Heads().feed(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n" + body[:-1])
    assert found is not None
    reading = framing.body_of(found[0])
    reading.feed(found[1])

    with pytest.raises(framing.Malformed):
        reading.end()
