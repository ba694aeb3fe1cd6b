"""A directory as a web site: which file a request means, and that it lies in the directory.

What decides is where the opened file really is, not what its name looked like: the path is opened without touching
what it names (O_PATH), the kernel says where that is, and only a regular file or directory below the root is then
opened for reading. So neither `..`, nor a symbolic link, nor a link laid between two looks leads out of the root.
Links that stay inside it are followed. Large files are read piece by piece as they are sent.
"""

import errno
import html
import mimetypes
import os
import stat
from collections.abc import Generator
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote, unquote_to_bytes, urlsplit

import h11

from .http import PIECE, Answer, answer_text

INDEX = b"index.html"
# Files up to this size are read at once, and their descriptor is free again before the answer leaves.
SMALL = PIECE

_STATUS = {
    errno.ENOENT: HTTPStatus.NOT_FOUND,
    errno.ENOTDIR: HTTPStatus.NOT_FOUND,
    errno.ELOOP: HTTPStatus.NOT_FOUND,
    errno.ENAMETOOLONG: HTTPStatus.NOT_FOUND,
    errno.EACCES: HTTPStatus.FORBIDDEN,
    errno.EPERM: HTTPStatus.FORBIDDEN,
    errno.EMFILE: HTTPStatus.SERVICE_UNAVAILABLE,
    errno.ENFILE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Directory:
    """Answers requests from the files below `root`; give `answer` to `HttpServer`.

    Raises OSError when there is no such directory.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._below = _place(self._root).rstrip(b"/") + b"/"

    def close(self) -> None:
        """Let go of the directory; a second call does nothing."""
        root, self._root = self._root, -1
        if root >= 0:
            os.close(root)

    def answer(self, request: h11.Request) -> Answer:
        """The answer to one request. Never raises for what a request says."""
        if request.method not in (b"GET", b"HEAD"):
            return answer_text(HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", "GET, HEAD")])
        try:
            path = _path_of(request.target)
        except ValueError as error:
            return answer_text(HTTPStatus.BAD_REQUEST, f"{error}\n")
        try:
            return self._find(path, dict(request.headers).get(b"if-modified-since", b""))
        except OSError as error:
            return answer_text(_STATUS.get(error.errno or 0, HTTPStatus.INTERNAL_SERVER_ERROR))

    def _find(self, path: bytes, since: bytes) -> Answer:
        if b".." in path.split(b"/"):
            return answer_text(HTTPStatus.NOT_FOUND)
        found = self._open(path.strip(b"/") or b".")
        try:
            status = os.fstat(found)
            if stat.S_ISREG(status.st_mode) and not path.endswith(b"/"):
                return _file(found, status, path, since)
            if not stat.S_ISDIR(status.st_mode):
                return answer_text(HTTPStatus.NOT_FOUND)
            if not path.endswith(b"/"):
                return answer_text(HTTPStatus.MOVED_PERMANENTLY, headers=[("Location", _link(path) + "/")])
            return self._index(found, path, since)
        finally:
            os.close(found)

    def _index(self, found: int, path: bytes, since: bytes) -> Answer:
        try:
            index = self._open(path.strip(b"/") + b"/" + INDEX if path.strip(b"/") else INDEX)
        except FileNotFoundError:
            return _listing(found, path)
        try:
            status = os.fstat(index)
            if stat.S_ISREG(status.st_mode):
                return _file(index, status, INDEX, since)
            return _listing(found, path)
        finally:
            os.close(index)

    def _open(self, path: bytes) -> int:
        """A descriptor that stands for the file without having opened it; only for what lies below the root."""
        found = os.open(path, os.O_PATH | os.O_CLOEXEC, dir_fd=self._root)
        try:
            inside = (_place(found) + b"/").startswith(self._below)
        except BaseException:
            os.close(found)
            raise
        if not inside:
            os.close(found)
            raise FileNotFoundError(errno.ENOENT, "it lies outside of the directory")
        return found


def _place(descriptor: int) -> bytes:
    return os.readlink(f"/proc/self/fd/{descriptor}".encode())


def _path_of(target: bytes) -> bytes:
    """The path that a request target means, decoded; it begins with a slash (RFC 9112 3.2)."""
    text = target.decode("latin-1")
    if not text.startswith("/"):
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("the request names no path")
        text = parts.path or "/"
    path = unquote_to_bytes(text.partition("?")[0].partition("#")[0])
    if b"\0" in path:
        raise ValueError("no file has a null byte in its name")
    return path


def _file(found: int, status: os.stat_result, path: bytes, since: bytes) -> Answer:
    kind, encoding = mimetypes.guess_type(os.fsdecode(os.path.basename(path)))
    if encoding is not None:
        # The file is sent as it is, and as it is it is an archive.
        kind = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}.get(encoding)
    changed = _last_modified(status)
    if _unchanged(status, since):
        return Answer(HTTPStatus.NOT_MODIFIED, changed)
    headers = [("Content-Type", kind or "application/octet-stream"), *changed]
    # Through /proc it is the very file that was looked at, whatever has become of its name.
    descriptor = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    if status.st_size > SMALL:
        return Answer(HTTPStatus.OK, headers, status.st_size, _Pieces(descriptor, status.st_size))
    with open(descriptor, "rb") as file:
        body = file.read(SMALL)
    return Answer(HTTPStatus.OK, headers, len(body), [body])


class _Pieces:
    """A large file, piece by piece, no further than it was long when its length was told.

    One that has become shorter ends early, which h11 refuses to pass for a whole answer: the connection is reset.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._left = size

    def __iter__(self) -> "_Pieces":
        return self

    def __next__(self) -> bytes:
        if self._left <= 0 or self._descriptor < 0:
            raise StopIteration
        piece = os.read(self._descriptor, min(PIECE, self._left))
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _last_modified(status: os.stat_result) -> list[tuple[str, str]]:
    """The header, or none for a time that HTTP can't write: its years have four digits (RFC 9110 5.6.7, 8.8.2)."""
    try:
        return [("Last-Modified", formatdate(status.st_mtime, usegmt=True))]
    except (ValueError, OverflowError, OSError):
        return []


def _unchanged(status: os.stat_result, since: bytes) -> bool:
    try:
        return bool(since) and int(status.st_mtime) <= parsedate_to_datetime(since.decode("latin-1")).timestamp()
    except (ValueError, OverflowError):
        # RFC 9110 13.1.3: a date that can't be read is as good as none.
        return False


def _listing(found: int, path: bytes) -> Answer:
    descriptor = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(descriptor) as entries:
            names = sorted((entry.name + "/" * _is_directory(entry) for entry in entries), key=str.casefold)
    finally:
        os.close(descriptor)
    return answer_text(HTTPStatus.OK, "".join(_rows(path, names)), kind="text/html")


def _rows(path: bytes, names: list[str]) -> Generator[str, None, None]:
    title = html.escape(_shown(os.fsdecode(path)))
    yield f'<!DOCTYPE html>\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n'
    if path.strip(b"/"):
        yield '<li><a href="../">../</a>\n'
    for name in names:
        # "./": a name with a colon in it must not pass for a scheme.
        yield f'<li><a href="./{quote(os.fsencode(name))}">{html.escape(_shown(name))}</a>\n'
    yield "</ul>\n"


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _link(path: bytes) -> str:
    """The path as a link that stays on this server: two slashes at its beginning would name another one."""
    return "/" + quote(path.lstrip(b"/"))


def _shown(name: str) -> str:
    """A name as text, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
