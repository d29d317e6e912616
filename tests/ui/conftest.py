"""The dashboard as its visitors meet it, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adoption.settings import HOME_VARIABLE

SCRIPT = Path(__file__).resolve().parents[2] / "dashboard.py"
PAGES = ("overview", "pushback", "connectors")

Open = Callable[..., AppTest]


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page of the dashboard of a data folder, with choices in its URL."""

    def opened(home: Path, page: str = "overview", **choices: str | list[str]) -> AppTest:
        monkeypatch.setenv(HOME_VARIABLE, str(home))
        app = AppTest.from_file(str(SCRIPT), default_timeout=120)
        if page == "overview":
            for name, value in choices.items():
                app.query_params[name] = value
            app.run()
        else:
            app.run().switch_page(f"adoption/ui/pages/{page}.py").run()
            choose(app, choices)
        assert not app.exception, app.exception
        return app

    yield opened
    st.cache_resource.clear()
    st.cache_data.clear()


def choose(app: AppTest, choices: Mapping[str, str | list[str]]) -> None:
    """Choose on the page itself: AppTest forgets the URL when it changes pages."""
    for name, value in choices.items():
        if isinstance(value, list):
            app.multiselect(key=name).set_value(value)
        else:
            app.selectbox(key=name).set_value(int(value) if value.isdigit() else value)
    if choices:
        app.run()


def words(app: AppTest) -> str:
    """All texts of a page in the order in which they stand."""
    parts: list[str] = []
    for kind in ("title", "subheader", "markdown", "caption", "info", "warning", "error", "html"):
        parts += [str(getattr(element, "value", "")) for element in app.get(kind)]
    return "\n".join(parts)
