"""Listings of the archive's bucket as S3 gives them, s3-ap-northeast-1.amazonaws.com.

What belongs here: ListObjects, versions 1 and 2. What does not: files (`archive.py`).

A file that is not made yet has no size: the listing of the synthetic archive tells one that its
rows may have, and an entity tag of its name.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from crypto_pipeline.simulator.binance.archive import Archive
from crypto_pipeline.simulator.wire.answers import Answer, Request, file_answer, missing_file

BUCKET = "data.binance.vision"
MOST_KEYS = 1000
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a request asks for."""

    prefix: str
    delimiter: str
    after: str
    most: int
    second: bool


class BucketHost:
    """The answers of the S3 endpoint.

    Args:
        archive: what lies in the bucket.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def slow(self, _: Request) -> bool:
        """A listing goes through many names."""
        return True

    def answer(self, request: Request) -> Answer:
        """A listing of the bucket, or one of its files."""
        bucket, _, key = request.path.lstrip("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket", "The specified bucket does not exist")
        if key:
            content = self.archive.file(f"/{key}")
            return missing_file(key) if content is None else file_answer(content, key)
        asked = _asked(request)
        return asked if isinstance(asked, Answer) else self._listed(asked)

    def _listed(self, asked: _Listing) -> Answer:
        found: list[str] = []
        for key in self._keys(asked):
            if len(found) > asked.most:
                break
            found.append(key)
        cut = len(found) > asked.most and asked.most > 0
        found = found[: asked.most]
        files = [key for key in found if not key.endswith("/")]
        folders = [key for key in found if key.endswith("/")]
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<ListBucketResult xmlns="{_NAMESPACE}"><Name>{BUCKET}</Name>'
            f"<Prefix>{escape(asked.prefix)}</Prefix>{_paging(asked, found, cut=cut)}"
            f"{''.join(self._content(key) for key in files)}"
            f"{''.join(_common(key) for key in folders)}</ListBucketResult>"
        )
        return Answer(200, body.encode("utf-8", "replace"), {"Content-Type": "application/xml"})

    def _keys(self, asked: _Listing) -> Iterator[str]:
        """Keys and common prefixes after the marker, in order."""
        folder = asked.prefix[: asked.prefix.rfind("/") + 1]
        for key in self._below(folder, asked, deep=asked.delimiter != "/"):
            if key > asked.after:
                yield key

    def _below(self, folder: str, asked: _Listing, *, deep: bool) -> Iterator[str]:
        for name in self.archive.children(folder):
            key = folder + name
            if not key.startswith(asked.prefix[: len(key)]):
                continue
            if not name.endswith("/") or not deep:
                if key.startswith(asked.prefix):
                    yield key
            elif key >= asked.after[: len(key)]:
                yield from self._below(key, asked, deep=True)

    def _content(self, key: str) -> str:
        size, tag = self.archive.size_and_tag(key)
        modified = self.archive.modified(key).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>{modified}</LastModified>"
            f"<ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size>"
            f"<StorageClass>STANDARD</StorageClass></Contents>"
        )


def _asked(request: Request) -> _Listing | Answer:
    """What the query asks for, or the error of an argument that says nothing."""
    query = request.query
    most = query.get("max-keys", str(MOST_KEYS))
    if not (most.isascii() and most.isdecimal() and len(most) <= 10):
        return _wrong("Argument maxKeys must be an integer between 0 and 2147483647")
    second = query.get("list-type") == "2"
    after = query.get("start-after" if second else "marker", "")
    if second and "continuation-token" in query:
        try:
            after = b64decode(query["continuation-token"]).decode()
        except ValueError:
            return _wrong("The continuation token provided is incorrect")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    return _Listing(prefix, delimiter, after, min(int(most), MOST_KEYS), second)


def _paging(asked: _Listing, found: list[str], *, cut: bool) -> str:
    """Markers, counts, and where the next page begins."""
    delimiter = f"<Delimiter>{escape(asked.delimiter)}</Delimiter>" if asked.delimiter else ""
    common = f"<MaxKeys>{asked.most}</MaxKeys>{delimiter}<IsTruncated>{str(cut).lower()}"
    if asked.second:
        token = b64encode(found[-1].encode()).decode() if cut else ""
        following = f"<NextContinuationToken>{token}</NextContinuationToken>" if cut else ""
        return f"<KeyCount>{len(found)}</KeyCount>{common}</IsTruncated>{following}"
    following = f"<NextMarker>{escape(found[-1])}</NextMarker>" if cut and delimiter else ""
    return f"<Marker>{escape(asked.after)}</Marker>{following}{common}</IsTruncated>"


def _common(key: str) -> str:
    return f"<CommonPrefixes><Prefix>{escape(key)}</Prefix></CommonPrefixes>"


def _wrong(text: str) -> Answer:
    return _error(400, "InvalidArgument", text)


def _error(status: int, code: str, text: str) -> Answer:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        f"<Message>{text}</Message></Error>"
    )
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})
