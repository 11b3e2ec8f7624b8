"""Takes an HTTP/1.1 response apart, however its bytes are cut; pure. https://www.rfc-editor.org/rfc/rfc9112

h11 and what stands above it do the same in ten times the CPU: a streamed answer has hundreds of chunks.
"""

from __future__ import annotations

from dataclasses import dataclass

# A head, or what tells the size of a chunk, that is longer is none.
MAX_HEAD_BYTES = 100 * 1024
_MAX_LINE_BYTES = 4 * 1024
_HEX = frozenset(b"0123456789abcdefABCDEF")
_LINE_END = b"\r\n"
_NO_BODY = frozenset({204, 304})


class Malformed(Exception):
    """What came is no HTTP, or ends too early."""


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before a body."""

    status: int
    reason: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    # The connection may be used again once the body has ended.
    is_kept: bool

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a header whose name is given in small letters, the commas in them taken apart."""
        found = [value.lower() for key, value in self.headers if key.lower() == name]
        return [part.strip() for value in found for part in value.split(b",")]


class Heads:
    """Waits for the head of a response."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, part: bytes) -> tuple[Head, bytes] | None:
        """Return the head and what came of the body with it, None while it is not complete; raises Malformed."""
        self._bytes += part
        while (end := self._bytes.find(b"\r\n\r\n")) >= 0:
            head = _head(bytes(self._bytes[:end]))
            rest = bytes(self._bytes[end + 4 :])
            # "100 Continue" and early hints: the answer comes after them.
            if not 100 <= head.status < 200:
                return head, rest
            self._bytes[:] = rest
        if len(self._bytes) > MAX_HEAD_BYTES:
            raise Malformed("the response's head is too long")
        return None


def body_of(head: Head) -> Body:
    """Return what reads the body that such a head announces; raises Malformed."""
    if head.status in _NO_BODY:
        return Counted(0)
    encodings = head.values(b"transfer-encoding")
    if encodings:
        if encodings != [b"chunked"]:
            raise Malformed("the transfer encoding is not known")
        return Chunked()
    lengths = set(head.values(b"content-length"))
    if not lengths:
        return Open()
    length = lengths.pop()
    if lengths or not length.isdigit() or len(length) > 18:
        raise Malformed("the content length is no number")
    return Counted(int(length))


class Body:
    """One body."""

    # True once nothing more belongs to it.
    ended = False

    def feed(self, part: bytes) -> bytes:
        """Return what of the part is content; raises Malformed."""
        raise NotImplementedError

    def end(self) -> bytes:
        """The connection has ended: return nothing; raises Malformed when the body had not."""
        raise Malformed("the server broke off in the middle of its response")


class Counted(Body):
    """A body whose length was told."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = length == 0

    def feed(self, part: bytes) -> bytes:
        if len(part) > self._left:
            raise Malformed("more came than was announced")
        self._left -= len(part)
        self.ended = self._left == 0
        return part


class Open(Body):
    """A body that lasts as long as the connection."""

    def feed(self, part: bytes) -> bytes:
        return part

    def end(self) -> bytes:
        self.ended = True
        return b""


class Chunked(Body):
    """A body in chunks, each after its size in hexadecimal digits."""

    def __init__(self) -> None:
        self._held = b""
        # Of the chunk that has begun, with the line's end behind it.
        self._left = 0
        self._trails = False

    def feed(self, part: bytes) -> bytes:
        part, self._held = self._held + part, b""
        content: list[bytes] = []
        at = 0
        while at < len(part) and not self.ended:
            if self._left:
                at += self._take(part, at, content)
                continue
            end = part.find(b"\r\n", at)
            # Half of a line's end is waited for.
            if end < 0:
                self._hold(part[at:])
                return b"".join(content)
            self._line(part[at:end])
            at = end + 2
        if self.ended and at < len(part):
            raise Malformed("more came than was announced")
        return b"".join(content)

    def _take(self, part: bytes, at: int, content: list[bytes]) -> int:
        """Take what has come of the chunk and of the line's end behind it; return how many bytes that were."""
        words = part[at : at + max(0, self._left - 2)]
        self._left -= len(words)
        content.append(words)
        if self._left > 2:
            return len(words)
        end = part[at + len(words) :][: self._left]
        if not _LINE_END[2 - self._left :].startswith(end):
            raise Malformed("a chunk is longer than it says")
        self._left -= len(end)
        return len(words) + len(end)

    def _line(self, line: bytes) -> None:
        if self._trails:
            # Trailers mean nothing here; an empty line ends them.
            self.ended = not line
            return
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > 15 or not _HEX.issuperset(digits):
            raise Malformed("the size of a chunk is no number")
        size = int(digits, 16)
        self._trails = size == 0
        self._left = size + 2 if size else 0

    def _hold(self, line: bytes) -> None:
        if len(line) > _MAX_LINE_BYTES:
            raise Malformed("the size of a chunk is too long")
        self._held = line


def _head(raw: bytes) -> Head:
    first, *lines = raw.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    code, _, reason = rest.partition(b" ")
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or len(code) != 3 or not code.isdigit():
        raise Malformed("the response is no HTTP")
    headers = tuple(_header(line) for line in lines)
    head = Head(int(code), reason, headers, is_kept=False)
    said = head.values(b"connection")
    kept = b"close" not in said if version == b"HTTP/1.1" else b"keep-alive" in said
    return Head(head.status, reason, headers, kept)


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip() or b"\n" in line or b"\r" in line or b"\0" in line:
        raise Malformed("a header is no HTTP")
    return name, value.strip()
