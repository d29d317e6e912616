"""Writes Mattermost bulk exports, line for line in the form a 6.7 server gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

Record = dict[str, object]

START = 1_795_384_608_000


def line(kind: str, value: object) -> Record:
    return {"type": kind, kind: value}


def channel(name: str, **values: object) -> Record:
    return line(
        "channel",
        {"team": "corp", "name": name, "display_name": name.title(), "type": "O", "header": "",
         "purpose": "", **values},
    )  # fmt: skip


def user(name: str, **values: object) -> Record:
    return line(
        "user",
        {"username": name, "email": f"{name}@northfield.example", "auth_service": None,
         "nickname": "", "first_name": "", "last_name": "", "position": "", "delete_at": 0,
         "roles": "system_user", "teams": None, **values},
    )  # fmt: skip


def written(number: int, **values: object) -> Record:
    """A post or reply by Alice."""
    return {
        "user": "alice",
        "type": "",
        "message": f"Handover note {number}",
        "create_at": START + number,
        "edit_at": 0,
        "reactions": [],
        **values,
    }


def post(number: int, **values: object) -> Record:
    """A post in the open channel ``all-company``."""
    place: Record = {"team": "corp", "channel": "all-company", "props": {}, "replies": None}
    return line("post", {**place, **written(number), **values})


def reaction(user: str, number: int, name: str = "thumbsup") -> Record:
    return {"user": user, "create_at": START + number, "emoji_name": name}


HEAD: list[Record] = [
    {"type": "version", "version": 1},
    line("team", {"name": "corp", "display_name": "Corp", "type": "O"}),
    channel("town-square"),
    channel("all-company"),
    channel("board", type="P"),
    user("robot", email="robot@localhost", first_name="Robot"),
    user("alice", first_name="Alice", last_name="Ames", position="Nurse"),
    user("bob", delete_at=START),
]


def text(lines: Iterable[Record]) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in lines)


def export(path: Path, lines: Iterable[Record], head: Iterable[Record] = tuple(HEAD)) -> Path:
    path.write_text(text([*head, *lines]), "utf-8")
    return path


def sample_shape() -> list[Record]:
    """What the export of a small real server holds, made again by hand.

    Ten posts of which six are the system's, one reply, one reaction, one edit, a channel that is
    not in the list, a direct channel and one direct post of a bot.
    """

    def joined(number: int, kind: str, place: str, who: str) -> Record:
        return post(number, type=kind, channel=place, user=who, message=f"{who} joined.")

    reply = {key: value for key, value in written(5, user="bob").items() if key != "reactions"}
    return [
        post(90, message="more 707", user="bob"),
        post(80, message="more 372", user="bob"),
        post(
            4,
            message="Bonjour (edited) #welcome",
            edit_at=START + 60,
            reactions=[reaction("bob", 7)],
            replies=[reply],
        ),
        joined(3, "system_join_team", "town-square", "bob"),
        joined(2, "system_join_team", "town-square", "alice"),
        joined(6, "system_join_channel", "all-company", "alice"),
        joined(1, "system_join_channel", "off-topic", "alice"),
        joined(8, "system_add_to_channel", "all-company", "bob"),
        joined(9, "system_add_to_channel", "all-company", "alice"),
        post(70, type="system_header_change", message="alice updated the channel header"),
        line("direct_channel", {"members": ["alice", "robot"], "favorited_by": None, "header": ""}),
        line(
            "direct_post",
            {"channel_members": ["alice", "robot"], **written(75, user="robot"),
             "type": "add_bot_teams_channels", "props": {"from_bot": "true"}, "replies": None},
        ),
    ]  # fmt: skip
