"""The privacy gate: floors, suppression, masking. Nothing leaves the product by another way."""

from adoption.privacy.floors import Floors
from adoption.privacy.gate import release, rounded
from adoption.privacy.released import Cell, Released, State

__all__ = ["Cell", "Floors", "Released", "State", "release", "rounded"]
