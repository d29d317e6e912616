"""Sets up the optional model endpoint from the settings: address, sign-in, band, budget, cache.

Key, Entra application and managed identity are supported; the scope for Azure OpenAI is
``https://cognitiveservices.azure.com/.default`` (learn.microsoft.com/azure/ai-services/openai,
"authenticate with Entra ID").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adoption.errors import SettingsError
from adoption.http import DEFAULT, Authorizer, HttpSession, Rate, Settings, bearer
from adoption.live.microsoft import authorizer_for
from adoption.secrets import Keeper, secret_store, variable_name
from adoption.sentiment import Detector
from adoption.sentiment.judge import EndpointJudge, JudgeSettings
from adoption.sentiment.judge_cache import JudgeCache
from adoption.sentiment.taxonomy import load_taxonomy

CONNECTION = "judge"
KEY = "api_key"
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"
CACHE_FILE = "judge.sqlite"
SECTION = "[judge] in config/adoption.toml"


def judge_for(
    section: Mapping[str, Any], home: Path, local: Detector, mask: Callable[[str], str]
) -> EndpointJudge:
    """The detector that asks the configured endpoint about what ``local`` is unsure of.

    Args:
        section: the settings ``[judge]``.
        home: the data folder, for secrets and the cache of answers.
        local: who judges first, and whenever the endpoint cannot.
        mask: takes names, addresses and numbers out of a text before it is sent.

    Raises:
        SettingsError: address or model is missing, or the sign-in cannot be set up.

    """
    for name in ("base_url", "model"):
        if not section[name]:
            raise SettingsError(
                f"The model endpoint has no {name.replace('_', ' ')}",
                where=SECTION,
                next_step=f"Set judge.{name} in the settings of the data folder",
            )
    session = HttpSession(
        Settings(
            base_url=str(section["base_url"]),
            rates={DEFAULT: Rate(int(section["requests_per_minute"]), 60.0)},
            internal=bool(section["internal_server"]),
        ),
        _authorizer(section, home),
    )
    cache = JudgeCache(home / CACHE_FILE if home.is_dir() else None)
    return EndpointJudge(local, session, load_taxonomy(), mask, judge_settings(section), cache)


def judge_settings(section: Mapping[str, Any]) -> JudgeSettings:
    """Model, band, budget and prices of the settings ``[judge]``."""
    return JudgeSettings(
        model=str(section["model"]),
        low=float(section["low"]),
        high=float(section["high"]),
        budget=int(section["budget"]),
        input_price=float(section["input_price"]),
        output_price=float(section["output_price"]),
    )


def _authorizer(section: Mapping[str, Any], home: Path) -> Authorizer:
    keeper = Keeper(str(section["secrets_in"]))
    kept = secret_store(keeper, home)
    if section["sign_in_with"] != "key":
        secret = kept.get(CONNECTION, "client_secret")
        return authorizer_for({**section, "client_secret": secret}, (AZURE_SCOPE,))
    key = kept.get(CONNECTION, KEY)
    if key is None:
        raise SettingsError(
            "The key of the model endpoint is not known",
            where=SECTION,
            next_step=f"Set the variable {variable_name(CONNECTION, KEY)}, or keep the secret "
            "judge/api_key where judge.secrets_in says",
        )
    return bearer(key.reveal())
