"""From a message as posted to the words that are judged, keeping track of where each came from.

Code, links, mentions, mark-up and quoted text are blanked rather than cut, so that positions stay
the same; invisible characters and entities are dropped, and then positions are kept in a table.
Quoted text is handed back apart: it is context, not what the writer says.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

RAW_LIMIT = 20_000
"""Characters of a message that are looked at; what follows is an attachment, not a comment."""
JUDGED_LIMIT = 4_000
"""Characters that are judged after cleaning."""

_QUOTE = re.compile(
    r"(?im)^[ \t]*(?:>|&gt;)[^\n]*$"
    r"|^[ \t]*-{2,}[ \t]*(?:original message|forwarded message)[\s\S]*\Z"
    r"|^[ \t]*on [^\n]{4,120}\bwrote:[ \t]*\n[\s\S]*\Z"
    r"|^[ \t]*from: [^\n]{2,120}\n[ \t]*(?:sent|date|to|subject): [\s\S]*\Z"
)
_NOISE = re.compile(
    r"```[\s\S]*?(?:```|\Z)"
    r"|`[^`\n]{1,200}`"
    r"|<[@#!][^<>\n]{1,80}>"
    r"|</?[a-zA-Z][^<>]{0,400}>"
    r"|(?:https?://|www\.)[^\s<>]{1,2000}"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|(?<![\w@])@[\w.-]{1,60}"
    r"|:[a-z0-9_+-]{2,30}:"
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#x27|#8217|rsquo);")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " "}
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAP = str.maketrans(
    {
        "\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2013": "-", "\u2014": "-", "\u2011": "-",
        "\u00a0": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\x00": " ", "\r": " ",
    }
)  # fmt: skip
_SUSPECT = re.compile(
    r"[<>`@&:\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|www\.|wrote:|(?i:original message|^from: )"
)


class Cleaned(NamedTuple):
    """``text`` is judged; ``quoted`` is context; ``offsets[i]`` is where ``text[i]`` stood (``None``: at i)."""

    text: str
    quoted: str
    offsets: tuple[int, ...] | None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that ``text[start:end]`` came from."""
        if self.offsets is None or not self.offsets:
            return start, end
        last = len(self.offsets) - 1
        return self.offsets[min(start, last)], self.offsets[min(max(end - 1, 0), last)] + 1


def _blank(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def _fold(char: str) -> str:
    """The compatibility form of one character where that is one character too (NFKC)."""
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char


def _drop(text: str) -> tuple[str, tuple[int, ...]]:
    """Drop invisible characters and resolve entities, with the position each kept character had."""
    pieces: list[str] = []
    offsets: list[int] = []
    spans = [(m.start(), m.end(), "") for m in _INVISIBLE.finditer(text)]
    spans += [(m.start(), m.end(), _ENTITIES.get(m.group(), "'")) for m in _ENTITY.finditer(text)]
    at = 0
    for start, end, instead in sorted(spans):
        pieces += (text[at:start], instead)
        offsets.extend(range(at, start))
        offsets.extend([start] * len(instead))
        at = end
    pieces.append(text[at:])
    offsets.extend(range(at, len(text)))
    return "".join(pieces), tuple(offsets)


def clean(raw: str) -> Cleaned:
    """What the writer says, without code, links, mark-up, mentions and quotations; linear in length."""
    text = raw[:RAW_LIMIT]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    quoted = ""
    offsets: tuple[int, ...] | None = None
    if _SUSPECT.search(text):
        quotes = [m.group().strip(" \t>") for m in _QUOTE.finditer(text)]
        quoted = " ".join(quotes)[:JUDGED_LIMIT]
        text = _NOISE.sub(_blank, _QUOTE.sub(_blank, text))
        if _INVISIBLE.search(text) or "&" in text:
            text, offsets = _drop(text)
    if not text.isascii():
        text = "".join(c if c < "\u2000" else _fold(c) for c in text.translate(_MAP))
    else:
        text = text.replace("\x00", " ").replace("\r", " ")
    if len(text) > JUDGED_LIMIT:
        text = text[:JUDGED_LIMIT]
    return Cleaned(text, quoted, offsets)
