"""Work beside a page: it is watched, stopped, and tells how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable

from adoption.errors import SourceError
from adoption.jobs import Job, Jobs
from adoption.sync import Progress


def ended(job: Job) -> Job:
    for thread in threading.enumerate():
        if thread.name.startswith("job-"):
            thread.join(10)
    return job


def test_work_reports_how_far_it_is_and_what_it_did() -> None:
    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        progress("messages", 3, 4)
        return "4 new rows."

    job = ended(Jobs().start("a", "Fetching", work))
    assert (job.state, job.outcome, job.stage, job.share) == (
        "finished",
        "4 new rows.",
        "messages",
        0.75,
    )


def test_an_expected_error_is_told_in_its_own_words() -> None:
    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        raise SourceError("The file is damaged", where="x.zip", next_step="Export again")

    job = ended(Jobs().start("a", "Importing", work))
    assert (job.state, job.outcome) == ("failed", "The file is damaged (x.zip). Export again.")


def test_a_mistake_of_ours_shows_without_details() -> None:
    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        raise ZeroDivisionError("secret detail")

    job = ended(Jobs().start("a", "Importing", work))
    assert job.state == "failed"
    assert "ZeroDivisionError" in job.outcome
    assert "secret detail" not in job.outcome


def test_one_key_has_one_running_job_that_can_be_stopped() -> None:
    begun = threading.Event()

    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        begun.set()
        while not cancelled():
            threading.Event().wait(0.01)
        return "3 new rows."

    jobs = Jobs()
    first = jobs.start("a", "Fetching", work)
    assert begun.wait(10)
    assert jobs.start("a", "Fetching again", work) is first
    jobs.clear("a")
    assert jobs.get("a") is first, "a running job is not forgotten"
    first.stop()
    assert ended(first).state == "stopped"
    jobs.clear("a")
    assert jobs.get("a") is None
    jobs.clear("a")


def test_a_share_is_nothing_where_the_total_is_unknown() -> None:
    assert Job("x", done=5, total=None).share == 0.0
