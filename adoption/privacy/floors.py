"""The floors below which nothing is shown."""

from __future__ import annotations

from dataclasses import dataclass

from adoption.errors import SettingsError

LOWEST = 5


@dataclass(frozen=True, slots=True)
class Floors:
    """How many people a figure must have behind it.

    Attributes:
        activity_people: people in a group for figures of activity.
        pushback_people: people in a group for figures of pushback, and for comments.
        pushback_authors: people who wrote the messages such a figure is about.
        one_author: the largest share of those messages one person may have written.
        two_authors: the same for the two busiest together.

    Source of the defaults: Viva Engage shows themes and sentiment with 20 people and 5 authors; the
    Viva Insights minimum group is 5 with 10 as its default. The floor of the floor is 5.

    Raises:
        SettingsError: a floor is below 5, or a share is not between 0 and 1.

    """

    activity_people: int = 10
    pushback_people: int = 20
    pushback_authors: int = 5
    one_author: float = 0.4
    two_authors: float = 0.6

    def __post_init__(self) -> None:
        for name in ("activity_people", "pushback_people", "pushback_authors"):
            if getattr(self, name) < LOWEST:
                raise SettingsError(
                    f"The privacy floor {name} cannot be lower than {LOWEST}",
                    where=f"privacy.{name}",
                    next_step=f"Set it to {LOWEST} or more; docs/privacy.md says why",
                )
        for name in ("one_author", "two_authors"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(
                    f"The share {name} must lie between 0 and 1",
                    where=f"privacy.{name}",
                    next_step="Set it to a share such as 0.4",
                )
