"""Reports: one content, one writer per format."""

FORMATS = ("html", "csv", "xlsx", "json")
