"""Connectors: which networks are read, how that went, and importing a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from adoption.errors import AdoptionError
from adoption.service import Progress, Service
from adoption.status import ConnectionState
from adoption.ui import parts
from adoption.ui.connect import connect_form, connection_actions, in_words, jobs, watch
from adoption.ui.session import run_page, service
from adoption.wording import age, plural

IMPORT_JOB = "import a file"
STATES = {
    "finished": ("green", "Last run finished"),
    "running": ("blue", "Running"),
    "stopped": ("orange", "Last run was stopped"),
    "failed": ("red", "Last run failed"),
    "interrupted": ("orange", "Last run was interrupted"),
}


def draw() -> None:
    """Draw the page."""
    parts.page_title("Connectors", "Which networks are read, and how that went.")
    networks = service().connections.all()
    if not networks:
        with st.container(border=True):
            st.subheader("No network is connected yet", anchor=False)
            st.markdown("Import a file or connect a network below.")
    for network in networks:
        network_card(network)
    left, right = st.columns(2)
    with left:
        import_form()
    with right:
        connect_form()
    runs()


def network_card(network: ConnectionState) -> None:
    """One network: what came of its last run."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(network.network, anchor=False)
            st.badge(network.connector, color="gray")
            run = network.last_run
            colour, words = STATES[run.state] if run else ("gray", "Never run")
            st.badge(words, color=colour)  # type: ignore[arg-type]
        newest = f", newest {age(network.newest)}" if network.newest else ""
        when = f" Last run {age(run.started_at)}." if run else ""
        what = plural(network.messages, "message") if network.messages else ""
        people = plural(network.people, "person", "people") if network.people else ""
        found = " from ".join(part for part in (what, people) if part) or "Nothing read yet"
        st.markdown(f"{found}{newest}.{when}")
        if run and run.error:
            st.error(run.error, icon=":material/error:")
        for note in run.notes[:6] if run else ():
            st.caption(note)
        if run and run.skipped:
            st.caption(f"{plural(run.skipped, 'row')} of the source left out.")
        if network.state != "imported":
            connection_actions(network.network, network.state == "paused")


def import_form() -> None:
    """Import a file from here: recognised by content, explained before it is read."""
    st.subheader("Import a file", anchor=False)
    st.caption(
        "A Viva Engage data export, a Slack workspace export, a Mattermost bulk export, a table "
        "(CSV, JSONL, XLSX, Parquet), or a people file. Reading a file again changes nothing."
    )
    given = st.file_uploader("File", key="import_file", label_visibility="collapsed")
    watch(IMPORT_JOB)
    if given is None:
        return
    path = _kept(given.name, given.getbuffer())
    try:
        lines = service().explain_file([path], kind=None, options={})
    except AdoptionError as problem:
        st.error(str(problem).replace(f"{path.parent}/", ""), icon=":material/error:")
        return
    with st.container(border=True):
        st.markdown("\n".join(f"- {line}" for line in lines))
    name = st.text_input("Name of the network", placeholder="as recognised", key="import_name")
    if st.button("Import and flag", type="primary", key="import_go"):
        _start_import(path, name or None)
        st.rerun()


def _kept(name: str, content: memoryview) -> Path:
    """The uploaded file on disk, in a folder that goes away with the session."""
    folder = st.session_state.setdefault("import_folder", tempfile.TemporaryDirectory())
    path = Path(folder.name) / Path(name).name
    if not path.exists() or path.stat().st_size != len(content):
        path.write_bytes(content)
    return path


def _start_import(path: Path, network: str | None) -> None:
    home = service().home

    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        with Service(home) as own:
            outcome = own.import_files(
                [path], network=network, progress=progress, cancelled=cancelled
            )
            if outcome.state == "finished":
                own.flag(progress=progress, cancelled=cancelled)
        return in_words(outcome)

    jobs().start(IMPORT_JOB, f"Importing {path.name}", work)


def runs() -> None:
    """The last runs as a table."""
    found = service().status().runs
    if not found:
        return
    st.subheader("Last runs", anchor=False)
    st.dataframe(
        [
            {
                "Started": run.started_at,
                "Network": run.network,
                "State": run.state,
                "New rows": sum(counts.added for counts in run.rows.values()),
                "Changed": sum(counts.changed for counts in run.rows.values()),
                "Left out": run.skipped,
                "Requests": run.requests,
                "Seconds waited": round(run.wait_seconds, 1),
            }
            for run in found
        ],
        hide_index=True,
        column_config={
            "Started": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone="UTC")
        },
        alt="The last runs with their state and counts",
    )


run_page(draw)
