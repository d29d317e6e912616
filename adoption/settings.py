"""Where things are: the data folder of this installation and the configuration that ships."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

HOME_VARIABLE = "ADOPTION_HOME"


def config_dir() -> Path:
    """The folder of shipped configuration: ``config/`` in a checkout, ``adoption/_config`` in a wheel."""
    package = Path(__file__).resolve().parent
    bundled = package / "_config"
    return bundled if bundled.is_dir() else package.parent / "config"


def default_home() -> Path:
    """The data folder when neither ``--home`` nor ``ADOPTION_HOME`` names one."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given).expanduser() if given else user_data_path("adoption", appauthor=False)
