"""Long work beside a page: it goes on when the page is drawn again, and can be watched and stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from adoption.errors import AdoptionError
from adoption.sync import Progress

LOG = logging.getLogger(__name__)

Work = Callable[[Progress, Callable[[], bool]], str]
"""Gets a progress and a question "was I told to stop?"; returns what it did, in words."""


@dataclass(slots=True)
class Job:
    """One piece of work.

    ``state`` is ``running``, ``finished``, ``stopped`` or ``failed``; ``outcome`` says in words what
    it did or why it failed. ``stage``, ``done`` and ``total`` are how far it has come.
    """

    title: str
    state: str = "running"
    stage: str = ""
    done: int = 0
    total: int | None = None
    outcome: str = ""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def share(self) -> float:
        """How far the stage has come, 0 to 1; 0 where nobody knows."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def stop(self) -> None:
        """Ask it to stop at its next committed point."""
        self._stop.set()

    def watch(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Take in progress."""
        self.stage, self.done, self.total = stage, done, total

    def run(self, work: Work) -> None:
        """Do the work in this thread; never raises."""
        try:
            outcome = work(self.watch, self._stop.is_set)
        except AdoptionError as problem:
            self.outcome, self.state = str(problem), "failed"
        except Exception as problem:  # a mistake of ours must show on the page, not only in a log
            LOG.exception("job %s", self.title)
            self.outcome = f"This is a mistake in the program: {type(problem).__name__}"
            self.state = "failed"
        else:
            self.outcome = outcome
            self.state = "stopped" if self._stop.is_set() else "finished"


class Jobs:
    """The jobs of one process, at most one for each key at a time."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._guard = threading.Lock()

    def start(self, key: str, title: str, work: Work) -> Job:
        """Start work under a key; gives the running job where there is one already."""
        with self._guard:
            current = self._jobs.get(key)
            if current is not None and current.state == "running":
                return current
            job = Job(title)
            self._jobs[key] = job
        threading.Thread(target=job.run, args=(work,), name=f"job-{key}", daemon=True).start()
        return job

    def get(self, key: str) -> Job | None:
        """The last job under this key."""
        return self._jobs.get(key)

    def clear(self, key: str) -> None:
        """Forget a job that has ended."""
        job = self._jobs.get(key)
        if job is not None and job.state != "running":
            del self._jobs[key]
