"""The page in three sentences, made from the same released figures as its cards."""

from __future__ import annotations

from collections.abc import Mapping

from adoption.overview import Headline
from adoption.wording import amount, change, change_words, counted_from


def story(by_name: Mapping[str, Headline]) -> str:
    """What a reader in a hurry should take away; leaves out what is not known."""
    sentences = [_taking_part(by_name), _dialogue(by_name), _pushback(by_name)]
    return " ".join(sentence for sentence in sentences if sentence)


def _taking_part(by_name: Mapping[str, Headline]) -> str:
    share, people = by_name["active-share"], by_name["active-people"]
    if share.now.total.shown:
        moved = _moved(share)
        counts = counted_from(share.now.total)
        return f"**{amount(share.now.total.value, 'share')}** of colleagues took part ({counts}){moved}."
    if people.now.total.shown:
        moved = _moved(people)
        return f"**{amount(people.now.total.value, 'people')} people** took part{moved}."
    return ""


def _dialogue(by_name: Mapping[str, Headline]) -> str:
    rate = by_name["response-rate"]
    if not rate.now.total.shown:
        return ""
    time = by_name["response-time"].now.total
    within = f", half of them within {amount(time.value, 'hours')}" if time.shown else ""
    return f"**{amount(rate.now.total.value, 'share')}** of posts got an answer{within}."


def _pushback(by_name: Mapping[str, Headline]) -> str:
    rate = by_name["pushback-rate"]
    if not rate.now.total.shown:
        return ""
    value = amount(rate.now.total.value, "per_1000")
    return f"**{value} of 1,000** messages push back{_moved(rate)}."


def _moved(headline: Headline) -> str:
    moved = change(headline.now, headline.before)
    if moved is None:
        return ""
    return f", {change_words(moved)}"
