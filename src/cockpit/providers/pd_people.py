"""Who is who: PagerDuty's users and the people of the config."""

from __future__ import annotations

from ..core.roster import Person, known_as, zone
from ..core.text import clean
from ..provider import Machine, NotFound
from .pd_account import Account, part
from .pd_wire import WireUser, one, read


class People:
    """People of the config are known by an e-mail address, a name or an id that PagerDuty has for them, too."""

    def __init__(self, account: Account, machine: Machine) -> None:
        self._account, self._machine = account, machine
        self._users: dict[str, WireUser] = {}

    def person(self, user: WireUser) -> Person:
        """Who that is: one of the config's people, or as PagerDuty has them."""
        known = known_as(self._machine.people, user.id, user.email or "", user.name or "", user.summary or "")
        if known is not None:
            return known
        name = clean(user.name or user.summary or user.id, 200)
        return Person(id=clean(user.id, 200), name=name, timezone=_zone(user.time_zone))

    async def user(self, person: str) -> WireUser:
        """The user that somebody is: ``person`` is an id of the config, or PagerDuty's own id, e-mail address or name. Raises
        `NotFound` that says how to tell who is meant."""
        if person not in self._users:
            self._users[person] = await self._found(person)
        return self._users[person]

    async def _found(self, person: str) -> WireUser:
        known = known_as(self._machine.people, person)
        names = {person} if known is None else self._own(known)
        wanted = {name.casefold() for name in names}
        for name in sorted(names, key=lambda each: "@" not in each):  # an address is nobody else's
            listed = await self._account.listed("/users", "users", [("query", name)], most=100)
            alike = [
                user
                for user in read(listed.records, WireUser).records
                if not wanted.isdisjoint(each.casefold() for each in (user.email, user.name, user.id) if each)
            ]
            if len(alike) == 1:
                return alike[0]
        for name in (each for each in names if each.isalnum() and each.isupper()):
            reply = await self._account.get(f"/users/{part(name)}", accept=(404,))
            if reply.status != 404:
                return one(reply.body, "user", WireUser)
        raise NotFound(
            f"nobody at PagerDuty is {clean(person, 100)}: give the e-mail address or the user's id there, "
            "or put one of them into also or contacts of [people]"
        )

    def _own(self, known: Person) -> set[str]:
        """The names of somebody that are nobody else's: by another, an override would go to somebody else."""
        names = {known.id, known.name, *known.also, *(each.to for each in known.contacts)}
        return {name for name in names if known_as(self._machine.people, name) == known}


def _zone(name: str | None) -> str:
    try:
        return zone(name).key if name else "UTC"
    except ValueError:
        return "UTC"  # Rails has names of its own for zones, which nothing here knows
