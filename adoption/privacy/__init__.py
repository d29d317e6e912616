"""The privacy gate: floors, suppression, masking. Nothing leaves the product by another way."""

from adoption.privacy.comments import ReleasedComment, ReleasedComments, release_comments
from adoption.privacy.effects import ReleasedEffect, release_effect
from adoption.privacy.floors import Floors
from adoption.privacy.gate import release, rounded
from adoption.privacy.masking import Masked, Masker
from adoption.privacy.released import Cell, Released, State

__all__ = [
    "Cell",
    "Floors",
    "Masked",
    "Masker",
    "Released",
    "ReleasedComment",
    "ReleasedComments",
    "ReleasedEffect",
    "State",
    "release",
    "release_comments",
    "release_effect",
    "rounded",
]
