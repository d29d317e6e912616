"""Every public error, grouped by what the reader should do about it.

Each error says what happened, where, and what to do next; :func:`AdoptionError.__str__` joins the
three. ``exit_code`` is what the command line returns (docs/errors.md lists them).
"""

from __future__ import annotations


class AdoptionError(Exception):
    """Base of all errors that are meant for a person.

    Args:
        what: what happened, one sentence without a full stop.
        where: the file, line, setting, network or address concerned.
        next_step: what the reader should do now.

    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [self.what + (f" ({self.where})" if self.where else "") + "."]
        if self.next_step:
            parts.append(self.next_step.rstrip(".") + ".")
        return " ".join(parts)


class SettingsError(AdoptionError):
    """Mend the configuration or the command line."""

    exit_code = 2


class AccessError(AdoptionError):
    """Grant or renew access: a permission, a sign-in or a role is missing."""

    exit_code = 3


class SourceError(AdoptionError):
    """The source, a file or a network, gave something that cannot be used."""

    exit_code = 4


class TransientSourceError(SourceError):
    """The network did not answer properly just now; running again later goes on from here."""

    exit_code = 4


class PartialRunError(AdoptionError):
    """Part of a run was set aside; the rest is in the store and the run says what is missing."""

    exit_code = 5


class StoreError(AdoptionError):
    """The data folder cannot be used: locked, full, read-only, damaged or made by a newer release."""

    exit_code = 6


class InterruptedRunError(AdoptionError):
    """The run was stopped by the user; running it again goes on from the last committed page."""

    exit_code = 130
