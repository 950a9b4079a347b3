"""Servers that speak enough of S3 for a scan, with the faults that real ones have."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

BUCKET = "bucket"
PAGE = 1000


class Store:
    """A bucket in memory, what is wrong with some of its objects, and what was asked of it."""

    def __init__(self, objects: Mapping[str, bytes], faults: Mapping[str, str] | None = None) -> None:
        self.objects = dict(objects)
        self.faults = dict(faults or {})
        """Key -> `500`, `404`, `403`, `503`, `short`, `less`, `stall`; with `once` before it the first answer alone."""
        self.asked: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        """Key -> bytes of its body."""
        self.delay = 0.0
        self.refuses = False
        self._lock = threading.Lock()

    def fault(self, key: str) -> str | None:
        with self._lock:
            self.asked[key] += 1
            fault = self.faults.get(key, "")
            if fault.startswith("once "):
                return fault.removeprefix("once ") if self.asked[key] == 1 else None
            return fault or None

    def count(self, key: str, size: int) -> None:
        with self._lock:
            self.sent[key] += size


def below(folder: Path, prefix: str = "") -> dict[str, bytes]:
    """The files of a folder as objects."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {prefix + path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _listing(store: Store, asked: Mapping[str, list[str]]) -> bytes:
    prefix, delimiter = (asked.get(name, [""])[0] for name in ("prefix", "delimiter"))
    after = asked.get("continuation-token", [""])[0]
    contents: list[str] = []
    folders: list[str] = []
    cut = ""
    for key in sorted(store.objects):
        if not key.startswith(prefix) or key <= after:
            continue
        if len(contents) + len(folders) == PAGE:
            cut = after
            break
        after = key
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            folder = prefix + rest.partition(delimiter)[0] + delimiter
            if folder not in folders:
                folders.append(folder)
            continue
        data = store.objects[key]
        etag = hashlib.md5(data).hexdigest()
        contents.append(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2024-05-01T10:00:00.000Z</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>{len(data)}</Size></Contents>"
        )
    more = f"<NextContinuationToken>{escape(cut)}</NextContinuationToken>" if cut else ""
    found = "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders)
    truncated = "true" if cut else "false"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>{BUCKET}</Name>'
        f"<Prefix>{escape(prefix)}</Prefix>"
        f"<IsTruncated>{truncated}</IsTruncated>{''.join(contents)}{found}{more}</ListBucketResult>"
    ).encode()


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            key = unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/")
            time.sleep(store.delay)
            if store.refuses:
                self._fails(403, "InvalidAccessKeyId")
            elif not key:
                self._sends(_listing(store, parse_qs(parts.query)))
            elif key not in store.objects:
                self._fails(404, "NoSuchKey")
            else:
                self._object(key, store.objects[key])

        def _object(self, key: str, data: bytes) -> None:
            fault = store.fault(key)
            wanted = self.headers.get("Range")
            if fault is not None and fault.isdigit():
                self._fails(int(fault), {"404": "NoSuchKey", "403": "AccessDenied"}.get(fault, "InternalError"))
                return
            part, headers = data, {"ETag": f'"{hashlib.md5(data).hexdigest()}"'}
            if wanted:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                stop = min(len(data), int(last) + 1) if last else len(data)
                part = data[int(first) : stop]
                headers["Content-Range"] = f"bytes {first}-{stop - 1}/{len(data)}"
            if fault == "less":  # whole, but not what was listed
                part = part[: len(part) // 2]
            store.count(key, len(part))
            self._sends(part, 206 if wanted else 200, headers, fault)

        def _fails(self, status: int, code: str) -> None:
            self._sends(f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), status)

        def _sends(
            self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, fault: str | None = None
        ) -> None:
            if fault == "stall":
                time.sleep(30)
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Last-Modified", "Wed, 01 May 2024 10:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if fault == "short" else body)
            if fault == "short":
                self.close_connection = True

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


@contextmanager
def serving(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the bucket while it is served, with the environment that leads there."""
    server = _Server(("127.0.0.1", 0), _handler(store))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    lead_to(f"http://127.0.0.1:{server.server_port}", monkeypatch)
    try:
        yield f"s3://{BUCKET}"
    finally:
        server.shutdown()
        server.server_close()


def lead_to(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients of S3 ask this endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
