"""Kind `handle` version 1: an account of a platform, such as `instagram sanne.b`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psimatch.errors import FieldError
from psimatch.identifiers.identifier import Identifier
from psimatch.identifiers.kind import Field, Kind
from psimatch.identifiers.nothing import is_word_for_nothing

_NAME: Final = "handle"
_VERSION: Final = 1
_PLATFORM: Final = "platform"
_ACCOUNT: Final = "account"
_LONGEST: Final = 200

# How people write a platform. On all of these capitals in a name make no other account.
_PLATFORMS: Final = {
    name: names.split()[0]
    for names in (
        "discord",
        "facebook fb",
        "instagram ig insta",
        "kik",
        "reddit",
        "roblox",
        "signal",
        "snapchat snap sc",
        "steam",
        "telegram tg",
        "tiktok tt",
        "twitch",
        "x twitter",
        "youtube yt",
    )
    for name in names.split()
}
# Where each has the pages of its accounts, and what stands before the account in a link.
_HOSTS: Final = {
    "facebook": "facebook.com",
    "instagram": "instagram.com",
    "reddit": "reddit.com",
    "snapchat": "snapchat.com",
    "telegram": "t.me",
    "tiktok": "tiktok.com",
    "twitch": "twitch.tv",
    "x": "x.com twitter.com",
    "youtube": "youtube.com",
}
_LINK: Final = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?([a-z]+\.[a-z]+)/(?:@|u/|user/|add/)?([^/?#]*)/?(\?.*)?", re.ASCII
)
# Pages that are no account's.
_PAGES: Final = frozenset(
    str.split("p reel reels stories share watch profile.php i joinchat invite groups c channel add")
)
_ACCOUNT_FORM: Final = re.compile(r"[a-z0-9._-]{1,64}(#[0-9]{4})?", re.ASCII)
_FORM: Final = re.compile(rb"([a-z]+) [a-z0-9._-]{1,64}(#[0-9]{4})?")


def handle(platform: str, account: str) -> Identifier:
    """Return the identifier of an account; it may stand with an @ before it, or as a link to its page.

    Raises:
        FieldError: the platform is not known, or the account has a character that no account has.
    """
    # The small forms of some foreign letters are ASCII, so those are refused as they stand.
    written = platform.strip()
    known = _PLATFORMS.get(written.lower()) if written.isascii() else None
    if known is None:
        names = ", ".join(sorted(set(_PLATFORMS.values())))
        raise FieldError(_PLATFORM, "is not a platform that is known", f"write one of {names}")
    if is_word_for_nothing(account):
        raise FieldError(_ACCOUNT, "is a word for nothing", "leave the cell empty if there is no account")
    name = account[:_LONGEST].strip()
    name = name.lower() if name.isascii() else ""
    link = _LINK.fullmatch(name)
    if link is not None:
        hosts = _HOSTS.get(known, "").split()
        name = link[2] if link[1] in hosts and link[2] not in _PAGES else ""
    name = name.removeprefix("@")
    if not _ACCOUNT_FORM.fullmatch(name):
        raise FieldError(_ACCOUNT, "is not the name of an account", "write the name alone, e.g. sanne.b")
    return Identifier(_NAME, _VERSION, f"{known} {name}".encode("ascii"))


def _parse(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    return (handle(fields.get(_PLATFORM, ""), fields.get(_ACCOUNT, "")),)


def _has_form(value: bytes) -> bool:
    found = _FORM.fullmatch(value)
    if found is None or found[1].decode() not in _PLATFORMS.values():
        return False
    return not is_word_for_nothing(value.decode().partition(" ")[2])


HANDLE: Final = Kind(
    _NAME,
    _VERSION,
    None,
    (
        Field(_PLATFORM, near=("app", "social media", "sociale media", "medium", "netwerk", "network")),
        Field(
            _ACCOUNT,
            ("handle", "gebruikersnaam", "username", "accountnaam", "account name"),
            near=("nickname", "profiel", "profile", "user", "screen name", *_PLATFORMS.values()),
        ),
    ),
    _parse,
    _has_form,
)
