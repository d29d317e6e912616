"""The archive a person downloads from X (Twitter), as a table.

Layout: ``data/tweets.js`` (``data/tweet.js`` in older ones, ``tweets-part1.js`` and so on in large
ones) holds ``window.YTD.tweets.part0 = [ {"tweet": {...}} ]``; ``data/account.js`` names the owner.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry
from adoption.files.json_records import as_object, json_array
from adoption.files.tabular import Record, Tabular

COLUMNS = ("id", "created at", "author", "full text", "in reply to", "likes")

_TWEETS = re.compile(r"(?:.*/)?tweets?(?:-part\d+)?\.js", re.IGNORECASE)
_ASSIGNMENT = r"window\.YTD\.\w+\.part\d+\s*="
_OWNER = "archive owner"


class XArchive(Tabular):
    """The posts of one person; their replies name the post they answer."""

    unit = "record"

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = tweet_files(archive)
        if not self._files:
            raise SourceError(
                "There is no tweets.js inside",
                where=str(archive.path),
                next_step="Give the ZIP that X made, or the file data/tweets.js in it",
            )
        self._owner = _owner(archive)
        super().__init__(archive.where(self._files[0]), COLUMNS, "An X archive.")

    def records(self) -> Iterator[Record]:
        """All posts, in the order of :data:`COLUMNS`."""
        number = 0
        for entry in self._files:
            for value in json_array(self._archive, entry, before=_ASSIGNMENT):
                number += 1
                try:
                    outer = as_object(value)
                    tweet = as_object(outer.get("tweet", outer))
                except ValueError:
                    yield Record(number, ())
                else:
                    yield Record(number, self._cells(tweet))

    def _cells(self, tweet: Mapping[str, Any]) -> tuple[str, ...]:
        def value(*names: str) -> str:
            return next((str(tweet[name]) for name in names if tweet.get(name)), "")

        return (
            value("id_str", "id"),
            value("created_at"),
            self._owner,
            html.unescape(value("full_text", "text")),
            value("in_reply_to_status_id_str", "in_reply_to_status_id"),
            value("favorite_count") or "0",
        )


def tweet_files(archive: Archive) -> tuple[Entry, ...]:
    """The files with posts in an archive, or the file itself; empty if it is no X archive."""
    named = [entry for entry in archive.entries if _TWEETS.fullmatch(entry.name)]
    candidates = archive.entries if len(archive.entries) == 1 else named
    return tuple(entry for entry in candidates if b"window.YTD.tweet" in archive.head(entry, 256))


def _owner(archive: Archive) -> str:
    """The user name of the owner, where account.js is there to tell."""
    for entry in archive.find("account.js"):
        for value in json_array(archive, entry, before=_ASSIGNMENT):
            account = value.get("account") if isinstance(value, dict) else None
            if isinstance(account, dict) and account.get("username"):
                return str(account["username"])
    return _OWNER
