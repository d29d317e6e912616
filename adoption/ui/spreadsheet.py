"""The queue as a spreadsheet: download, fill in, bring back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from adoption.errors import AdoptionError
from adoption.reviews import ANSWERS
from adoption.ui.session import service
from adoption.wording import plural

ROWS = 100
QUEUE = "review_queue"
"""Where a session keeps what it has still to review; answers from a file make it out of date."""


def spreadsheet_panel() -> None:
    """An expander with the file of the queue and a place to drop the answers."""
    with st.expander("Review in a spreadsheet instead", icon=":material/table:"):
        st.markdown(
            f"Fill in the column **verdict** ({', '.join(ANSWERS)}) and, where it pushes back for "
            "another reason, the column **barrier**. Answer every line you can, the hard ones too: "
            "figures are only fair if none is left out for being hard."
        )
        st.download_button(
            "Download the queue",
            data=_queue,
            file_name="review-queue.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="review_download",
        )
        given = st.file_uploader("Answers", type="csv", key="review_answers")
        if given is not None and st.button("Take over the answers", key="review_import"):
            _take_over(given.name, given.getvalue())


def _queue() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "queue.csv"
        service().export_review_queue(out, ROWS)
        return out.read_bytes()


def _take_over(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            taken = service().import_review_answers(path)
        except AdoptionError as problem:
            st.error(str(problem).replace(f"{folder}/", ""), icon=":material/error:")
            return
    st.session_state.pop(QUEUE, None)
    st.success(f"{plural(taken, 'answer')} taken over.", icon=":material/check:")
