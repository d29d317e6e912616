"""What a reader is told when a request did not work out."""

from __future__ import annotations

from adoption.errors import AccessError, SourceError, TransientSourceError
from adoption.http.answer import Answer


class NotThereError(SourceError):
    """The server answered 404; a connector catches this to leave out one community."""


def caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an exception, or anything wrapped in it, is of a kind."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, kind):
            return True
        seen.add(id(error))
        nested = [part for part in error.args if isinstance(part, BaseException)]
        reason = getattr(error, "reason", None)
        nested += [reason] if isinstance(reason, BaseException) else []
        if any(caused_by(part, kind) for part in nested):
            return True
        error = error.__cause__ or error.__context__
    return False


def refused_address(where: str) -> SourceError:
    """The guard said no."""
    return SourceError(
        "The address leads into a private network or to an address that is not allowed",
        where=where,
        next_step="If the server stands inside your own network, turn on the setting 'internal_server'",
    )


def refused(answer: Answer) -> Exception:
    """A status that trying again does not mend."""
    status = answer.status
    if status == 401:
        return AccessError(
            "The sign-in was refused or has run out",
            where=answer.where,
            next_step="Give a new token or sign in again",
        )
    if status == 403:
        return AccessError(
            "Reading this is not allowed",
            where=answer.where,
            next_step="Ask an administrator of the network for the missing permission",
        )
    kind = NotThereError if status == 404 else SourceError
    return kind(
        f"The server answered {status}",
        where=answer.where,
        next_step="Check the base address and whether the server's version is supported",
    )


def gave_up(where: str, reason: str, tries: int) -> TransientSourceError:
    """Every try failed."""
    return TransientSourceError(
        f"The server kept failing: {reason}",
        where=f"{where}, {tries} tries",
        next_step="Run it again later; it goes on from the last committed page",
    )
