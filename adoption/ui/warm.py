"""Imports what the pages use, so that the first visitor does not wait for it."""

import pandas

import adoption.service

__all__ = ["adoption", "pandas"]
