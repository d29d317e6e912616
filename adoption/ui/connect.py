"""Connecting a network from the page: a form made from the connector's settings, sign-in, test, sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from adoption.auth import DeviceSignIn
from adoption.connector import Connector, Field, Source, connector_types
from adoption.errors import AdoptionError
from adoption.jobs import Job, Jobs
from adoption.secrets import Keeper
from adoption.service import Outcome, Progress, Service, network_for
from adoption.ui.session import service
from adoption.wording import plural

KEEPERS = {
    Keeper.FILE: "In a file that only this account may read",
    Keeper.KEYRING: "In the keyring of this machine",
    Keeper.ENVIRONMENT: "In environment variables, which I set myself",
}


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The background work of this dashboard."""
    return Jobs()


def connect_form() -> None:
    """Choose a connector, fill in what it needs, save and try it."""
    kinds = {n: kind for n, kind in connector_types().items() if kind.source is Source.API}
    st.subheader("Connect a network", anchor=False)
    name = st.selectbox(
        "Kind of network",
        list(kinds),
        index=None,
        format_func=lambda key: kinds[key].title,
        placeholder="Choose what your organisation uses",
        key="connect_kind",
    )
    if name is None:
        return
    kind = kinds[name]
    _introduce(kind)
    with st.form("connect", border=True):
        network = st.text_input("Name", value=network_for(name), key="connect_name")
        needed = [item for item in kind.settings if _is_basic(item)]
        further = [item for item in kind.settings if not _is_basic(item)]
        values = {item.name: _ask(item) for item in needed}
        if further:
            with st.expander("More settings"):
                values |= {item.name: _ask(item) for item in further}
        keeper = st.radio(
            "Where secrets are kept", list(KEEPERS), format_func=lambda k: KEEPERS[k], key="keeper"
        )
        if not st.form_submit_button("Connect", type="primary"):
            return
    try:
        _save(kind, network, values, keeper or Keeper.FILE)
    except AdoptionError as problem:
        st.error(str(problem), icon=":material/error:")
        return
    st.success(f"Connected {network}. Try it out and fetch its activity above.")
    st.rerun()


def _introduce(kind: type[Connector]) -> None:
    st.markdown(kind.summary)
    for need in kind.requires:
        st.markdown(f":material/key: {need}")
    if kind.lacks:
        with st.expander("What this network cannot tell"):
            for why in dict.fromkeys(kind.lacks.values()):
                st.markdown(f"- {why}")


def _is_basic(item: Field) -> bool:
    return item.required or (item.secret and item.name != "sign_in_token")


def _ask(item: Field) -> Any:
    key = f"connect_{item.name}"
    if item.choices:
        options = list(item.choices)
        index = options.index(item.default) if item.default in options else None
        return st.selectbox(item.title, options, index=index, help=item.help, key=key)
    if item.kind == "switch":
        return st.toggle(item.title, value=bool(item.default), help=item.help, key=key)
    if item.kind == "date":
        chosen = st.date_input(item.title, value=None, help=item.help, key=key)
        return chosen.isoformat() if isinstance(chosen, date) else None
    shown = "" if item.default in (None, "") else str(item.default)
    return st.text_input(
        item.title,
        value="" if item.secret else shown,
        type="password" if item.secret else "default",
        help=item.help,
        key=key,
    )


def _save(kind: type[Connector], network: str, values: dict[str, Any], keeper: Keeper) -> None:
    secret = {item.name for item in kind.settings if item.secret}
    given = {name: value for name, value in values.items() if value not in (None, "")}
    service().connections.add(
        network.strip(),
        kind.name,
        {name: value for name, value in given.items() if name not in secret},
        {name: str(value) for name, value in given.items() if name in secret},
        keeper,
    )


def connection_actions(network: str, paused: bool) -> None:
    """Buttons of one connected network: sign in, test, fetch, pause, remove."""
    with st.container(horizontal=True):
        fetch = st.button("Fetch what is new", key=f"sync-{network}", icon=":material/sync:")
        test = st.button("Test", key=f"test-{network}", icon=":material/network_check:")
        sign_in = st.button("Sign in", key=f"sign-{network}", icon=":material/login:")
        words = "Resume" if paused else "Pause"
        if st.button(words, key=f"pause-{network}", icon=":material/pause:"):
            service().connections.pause(network, paused=not paused)
            st.rerun()
        with st.popover("More", icon=":material/more_horiz:"):
            again = st.button("Read everything again", key=f"full-{network}")
            with_data = st.checkbox("Also remove its data", key=f"data-{network}")
            if st.button("Remove", key=f"remove-{network}", type="primary"):
                service().connections.remove(network, with_data=with_data)
                st.rerun()
    if fetch or again:
        _start_sync(network, full=again)
    if test:
        _test(network)
    if sign_in:
        _begin_sign_in(network)
    _sign_in_panel(network)
    watch(network)


def _test(network: str) -> None:
    try:
        with st.spinner("Trying ..."):
            health = service().connections.test(network)
    except AdoptionError as problem:
        st.error(str(problem), icon=":material/error:")
        return
    (st.success if health.ok else st.warning)(health.summary)
    for right in health.permissions:
        mark = ":material/check_circle:" if right.works else ":material/cancel:"
        granted = (
            f" Granted by: {right.granted_by}." if right.granted_by and not right.works else ""
        )
        st.markdown(f"{mark} {right.name}. {right.detail}{granted}")


def _start_sync(network: str, *, full: bool) -> None:
    home = service().home

    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        with Service(home) as own:
            outcome = own.sync([network], full=full, progress=progress, cancelled=cancelled)[0]
            if outcome.state == "finished":
                own.flag(progress=progress, cancelled=cancelled)
        return in_words(outcome)

    jobs().start(network, f"Fetching {network}", work)


def in_words(outcome: Outcome) -> str:
    """What reading a network did, in one sentence."""
    if outcome.state == "failed":
        return outcome.error
    added = sum(counts.added for counts in outcome.rows.values())
    changed = sum(counts.changed for counts in outcome.rows.values())
    return f"{plural(added, 'new row')}, {changed:,} changed."


def _begin_sign_in(network: str) -> None:
    try:
        begun = service().connections.sign_in(network)
    except AdoptionError as problem:
        st.error(str(problem), icon=":material/error:")
        return
    if begun is None:
        st.info("No person has to sign in for this network.")
        return
    st.session_state[f"sign_in_{network}"] = begun
    home = service().home

    def work(progress: Progress, cancelled: Callable[[], bool]) -> str:
        with Service(home) as own:
            own.connections.finish_sign_in(network, begun)
        return "Signed in."

    jobs().start(f"sign-in {network}", f"Signing in to {network}", work)


def _sign_in_panel(network: str) -> None:
    begun: DeviceSignIn | None = st.session_state.get(f"sign_in_{network}")
    if begun is None:
        return
    with st.container(border=True):
        st.markdown(f"Open [{begun.address}]({begun.address}) and type this code there:")
        st.code(begun.user_code, language=None)
        watch(f"sign-in {network}")


def watch(key: str) -> None:
    """Show the job under a key while it runs and how it ended."""
    job = jobs().get(key)
    if job is None:
        return
    if job.state == "running":
        _running(key)
    else:
        _ended(job)
        if st.button("Close", key=f"close-{key}"):
            jobs().clear(key)
            st.session_state.pop(key.replace("sign-in ", "sign_in_"), None)
            st.rerun()


@st.fragment(run_every=1.0)
def _running(key: str) -> None:
    job = jobs().get(key)
    if job is None or job.state != "running":
        st.rerun()
        return
    text = f"{job.title}: {job.stage} {job.done:,}" if job.stage else f"{job.title} ..."
    st.progress(job.share, text=text)
    if st.button("Stop", key=f"stop-{key}"):
        job.stop()


def _ended(job: Job) -> None:
    show = {"finished": st.success, "stopped": st.info, "failed": st.error}[job.state]
    words = {"finished": "", "stopped": "Stopped. ", "failed": ""}[job.state]
    show(f"{job.title}: {words}{job.outcome}")
