"""Reading files: which connector, with which settings, and how that is explained beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adoption.connector import Connector, Source, connector_type
from adoption.errors import SettingsError
from adoption.recognise import recognise


def kind_of(files: Sequence[Path], kind: str | None) -> str:
    """The connector for some files: the one named, or the one that recognises them all.

    Raises:
        SettingsError: a file is missing, there is no such connector, or the files differ in kind.
        SourceError: nothing reads a file.

    """
    for path in files:
        if not path.exists():
            raise SettingsError(
                "There is no such file", where=str(path), next_step="Check the path"
            )
    if kind is not None:
        connector_type(kind)
        return kind
    kinds = {recognise(path).name for path in files}
    if len(kinds) > 1:
        raise SettingsError(
            f"These files are of different kinds: {', '.join(sorted(kinds))}",
            where="import",
            next_step="Import each kind with a command of its own",
        )
    return kinds.pop()


def explained(files: Sequence[Path], kind: str, options: Mapping[str, Any]) -> list[str]:
    """How files would be read, in lines: the connector, and for tables the mapping of columns."""
    type_ = connector_type(kind)
    lines = [f"{type_.title}: {type_.summary}"]
    connector = file_connector(kind, files, options)
    try:
        explain = getattr(connector, "explain_mapping", None)
        lines += [column_in_words(use) for use in explain()] if explain else []
        lines.append(connector.check().summary)
    finally:
        connector.close()
    return lines + [f"Lacks {what}: {why}" for what, why in lacks_of(connector).items()]


def file_connector(kind: str, files: Sequence[Path], options: Mapping[str, Any]) -> Connector:
    """The connector that reads some files.

    Raises:
        SettingsError: it does not read files, or a setting is not usable.

    """
    type_ = connector_type(kind)
    if type_.source is not Source.FILE:
        raise SettingsError(
            f"{type_.title} is read over the network, not from a file",
            where="import",
            next_step=f"Run adoption connect add {kind}",
        )
    path: Any = str(files[0]) if len(files) == 1 else [str(path) for path in files]
    return type_({**options, "path": path})


def lacks_of(connector: Connector) -> dict[str, str]:
    """What this very source cannot tell, by capability, with the sentence that says so."""
    missing = getattr(connector, "missing", None)
    lacks: Mapping[Any, str] = missing() if callable(missing) else connector.lacks
    return {what.value: why for what, why in lacks.items()}


def column_in_words(use: Any) -> str:
    """How one column of a table would be read, and why."""
    if not use.field:
        return f"Column {use.column} is not used: {use.why} ({use.sample})"
    return f"Column {use.column} is the {use.field}: {use.why} ({use.sample})"
