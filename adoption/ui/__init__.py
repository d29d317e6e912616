"""The dashboard's pages and their parts. Only here is Streamlit used."""
