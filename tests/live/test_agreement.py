"""The API and the export of one network say the same, so both can be read into one network."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from connectors.slack_export import SlackExport
from tests.live.peers.slack import SlackPeer
from tests.live.rig import rig_for
from tests.live.world import Kept


def slack_export(peer: SlackPeer, path: Path) -> Path:
    """A public export as Slack makes it: one file per channel and day, replies among the posts."""
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for post in sorted(peer.world.posts, key=lambda post: post.number):
        if post.deleted is None or peer.world.replies(post):
            days[f"{post.community}/{post.at:%Y-%m-%d}.json"].append(peer.message(post))
    with zipfile.ZipFile(path, "w") as archive:
        people = [peer.user(name) for name in peer.world.people]
        archive.writestr("users.json", json.dumps(people))
        channels = [peer.channel(name) for name in peer.world.communities]
        archive.writestr("channels.json", json.dumps(channels))
        for name, messages in days.items():
            archive.writestr(name, json.dumps(messages))
    return path


def test_slack_says_the_same_by_api_and_by_export(tmp_path: Path) -> None:
    with rig_for(SlackPeer) as rig:
        assert isinstance(rig.peer, SlackPeer)
        root = rig.world.post("ada", text="5 < 6 & more")
        for number in range(5):
            rig.world.post(rig.world.people[number], rig.world.communities[number % 2])
        rig.world.edit(rig.world.post("ben", root=root))
        rig.world.react(root, "cem")
        rig.world.post("ada", kind="webhook")
        gone = rig.world.post("dua")
        rig.world.post("eva", root=gone)
        rig.world.delete(gone, with_replies=False)
        by_api = rig.full()
        by_file = Kept()
        connector = SlackExport({"path": slack_export(rig.peer, tmp_path / "export.zip")})
        for stream in connector.streams:
            for page in connector.read(stream, None):
                by_file.add(page.rows)
        connector.close()
    assert by_file.messages == by_api.messages
    assert by_file.reacted == by_api.reacted
    assert by_file.places == by_api.places
    assert by_file.names == by_api.names
