"""Doing something again and again, for ``adoption sync --every 15m``."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable

from adoption.errors import AdoptionError, InterruptedRunError, SettingsError

LOG = logging.getLogger(__name__)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHORTEST_SECONDS = 60


def interval_seconds(text: str) -> int:
    """The seconds in ``15m``, ``2h`` or ``1d``; at least one minute.

    Raises:
        SettingsError: the text is no time, or too short a one.

    """
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", text.strip().lower())
    seconds = int(match[1]) * SECONDS[match[2]] if match else 0
    if seconds < SHORTEST_SECONDS:
        raise SettingsError(
            f"{text!r} is not a time of at least one minute",
            where="--every",
            next_step="Write a number and m, h or d, such as 15m",
        )
    return seconds


def repeat(
    action: Callable[[], None], seconds: float, *, wait: Callable[[float], object] | None = None
) -> None:
    """Run ``action`` now and after every ``seconds`` of rest, until it is stopped.

    An expected error is logged and the next round tried: a network that is down tonight may be up
    in a quarter of an hour. Being told to stop ends it.
    """
    pause = wait or threading.Event().wait
    while True:
        try:
            action()
        except InterruptedRunError:
            raise
        except AdoptionError as error:
            LOG.warning("%s", error)
        pause(seconds)
