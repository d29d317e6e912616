"""The dashboard as a real process in a real browser: looks, links, uploads, downloads, and no leaks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMMAND
from tests.conftest import Northfield
from tests.service.rows import contents
from tests.service.talk import ORDINARY, write_talk

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.timeout(900),
]
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

PAGES = ("", "pushback", "connectors")
PATIENCE = 90_000
"""Milliseconds; how long a slow machine may take, not how long it should."""

KNOWN_NOISE = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit probes these addresses below the path of each page; that gives a 404 and does no harm."""


@dataclass
class Visit:
    """A page of a browser and what happened in it."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        """Go to a page and wait until it has been drawn."""
        self.page.goto(f"{self.address}/{path}")
        self.page.locator("h1").first.wait_for(timeout=PATIENCE)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until no part of the page is being computed."""
        app = self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        app.wait_for(timeout=PATIENCE)


@pytest.fixture(scope="module")
def served(northfield: Northfield, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``adoption dashboard`` on a copy of the sample: its address and its data folder."""
    home = Path(shutil.copytree(northfield.flagged, tmp_path_factory.mktemp("served") / "home"))
    with subprocess.Popen(
        [str(COMMAND), "--home", str(home), "dashboard", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        cwd=home.parent,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://127.0.0.1:" in line
        yield line.split()[1], home
        process.send_signal(signal.SIGINT)
        process.stdout.read()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(served: Any, chromium: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh browser window; what it asked for and complained of is judged at the end."""
    address, _ = served
    options = {"viewport": {"width": 1280, "height": 1600}, "reduced_motion": "reduce"}
    context = chromium.new_context(**{**options, **getattr(request, "param", {})})
    made = Visit(context.new_page(), address)
    made.page.set_default_timeout(PATIENCE)
    made.page.on("request", lambda asked: made.requests.append(asked.url))
    made.page.on("websocket", lambda opened: made.requests.append(opened.url))
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("console", lambda said: _complain(made, said))
    yield made
    context.close()
    host = address.removeprefix("http://")
    outside = [
        url
        for url in made.requests
        if not url.startswith((f"http://{host}/", f"ws://{host}/", "data:", "blob:"))
    ]
    assert outside == []
    assert made.complaints == []


def _complain(made: Visit, said: Any) -> None:
    where = (said.location or {}).get("url", "")
    if said.type == "error" and not where.endswith(KNOWN_NOISE):
        made.complaints.append(f"{said.text} {where}")


LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("visit", LOOKS.values(), ids=LOOKS.keys(), indirect=True)
def test_every_page_fits_its_window_in_every_look(visit: Visit) -> None:
    for path in PAGES:
        page = visit.open(path)
        wide = page.evaluate(
            "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".map(e => e.scrollWidth - e.clientWidth)"
        )
        assert max(wide) <= 0, path
        assert page.get_by_test_id("stException").count() == 0


def test_charts_are_drawn_and_have_words_for_those_who_cannot_see_them(visit: Visit) -> None:
    page = visit.open("")
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    assert page.get_by_test_id("stMetric").count() >= 8
    assert page.get_by_test_id("stVegaLiteChart").count() >= 2


def test_choices_stand_in_the_address_and_survive_a_reload(visit: Visit) -> None:
    page = visit.open("pushback?weeks=4&until=2026-W20&department=Therapies")
    assert "2026-W17:2026-W20" in page.locator("body").inner_text()
    page.reload()
    page.locator("h1").first.wait_for()
    visit.settled()
    assert "2026-W17:2026-W20" in page.locator("body").inner_text()
    assert "department=Therapies" in page.url


def test_a_choice_made_on_the_page_goes_into_the_address(visit: Visit) -> None:
    page = visit.open("")
    page.get_by_test_id("stSelectbox").first.locator("input").click()
    page.get_by_role("option", name="26", exact=True).click()
    page.wait_for_url("**weeks=26**")
    page.get_by_text("2026-W01:2026-W26").first.wait_for()
    visit.settled()


def test_a_report_is_downloaded_from_the_page(visit: Visit) -> None:
    page = visit.open("pushback")
    page.get_by_role("button", name="Export report").click()
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    assert waiting.value.suggested_filename.startswith("resistance-report-2026-W14")
    content = Path(waiting.value.path()).read_text("utf-8")
    assert content.startswith("<!doctype html>")
    assert "2026-W14:2026-W26" in content


def test_a_file_is_imported_from_the_connectors_page(
    visit: Visit, served: Any, tmp_path: Path
) -> None:
    _, home = served
    talk = write_talk(tmp_path / "helpdesk.csv", [ORDINARY] * 3)
    page = visit.open("connectors")
    page.get_by_test_id("stFileUploader").first.locator("input[type=file]").set_input_files(talk)
    page.get_by_text("3 messages.").first.wait_for()
    page.get_by_label("Name of the network").first.fill("helpdesk")
    page.keyboard.press("Enter")
    visit.settled()
    page.get_by_role("button", name="Import and flag").click()
    page.get_by_role("heading", name="helpdesk").first.wait_for()
    assert contents(home).rows["helpdesk"].messages == 3


def answer(address: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers of an answer."""
    request = urllib.request.Request(address + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, {k.lower(): v for k, v in refused.headers.items()}


def test_each_answer_carries_the_policies(served: Any) -> None:
    address, _ = served
    status, headers = answer(address, "/")
    assert status == 200
    policy = headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "script-src 'self' 'sha256-",
    ):
        assert rule in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_another_host_name_is_refused(served: Any) -> None:
    address, _ = served
    assert answer(address, "/", Host="evil.example")[0] == 400
    assert answer(address, "/_stcore/health", Host="evil.example")[0] == 400


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/metrics?x=1"])
def test_internal_measurements_are_closed(served: Any, path: str) -> None:
    assert answer(served[0], path)[0] == 404


def test_it_listens_on_this_machine_only_and_on_a_port_of_ones_own(served: Any) -> None:
    address, home = served
    port = address.rsplit(":", 1)[1]
    taken = subprocess.run(
        [str(COMMAND), "--home", str(home), "dashboard", "--port", port],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert taken.returncode == 2, taken.stderr
    assert f"Port {port} cannot be used" in taken.stderr
    if sys.platform == "linux":
        listening = Path("/proc/net/tcp").read_text().splitlines()
        mine = [
            line.split()[1] for line in listening if line.split()[1].endswith(f":{int(port):04X}")
        ]
        assert set(mine) == {f"0100007F:{int(port):04X}"}
