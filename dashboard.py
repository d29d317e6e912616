"""The dashboard's list of pages and nothing else: ``streamlit run dashboard.py``."""

from pathlib import Path

import streamlit as st

import adoption.ui

PAGES = Path(adoption.ui.__file__).parent / "pages"

st.set_page_config(
    page_title="Adoption tracker", page_icon=str(PAGES.parent / "icon.png"), layout="wide"
)
st.navigation(
    [
        st.Page(
            PAGES / "overview.py",
            title="Overview",
            icon=":material/monitoring:",
            default=True,
            help="How far adoption has come, and whether the talk is a dialogue.",
        ),
        st.Page(
            PAGES / "pushback.py",
            title="Pushback",
            icon=":material/forum:",
            help="What people object to, why, where, and in which words. Export a report here.",
        ),
        st.Page(
            PAGES / "review.py",
            title="Review",
            icon=":material/rate_review:",
            help="Check what the detector thinks, one comment at a time; your word wins.",
        ),
        st.Page(
            PAGES / "actions.py",
            title="Actions",
            icon=":material/construction:",
            help="What was done about barriers - training, a policy, champions - and whether it worked.",
        ),
        st.Page(
            PAGES / "connectors.py",
            title="Connectors",
            icon=":material/cable:",
            help="Which networks are read and how that went. Import a file here.",
        ),
    ],
    position="top",
).run()
