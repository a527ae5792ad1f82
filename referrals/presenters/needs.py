"""What helps each person to come and to take part, for whoever opens them: on their page, planning, and on the day."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.enums import How, Purpose
from referrals.models import Consent, Party
from referrals.presenters import shown_name

if TYPE_CHECKING:
    from restorative.accounts.models import User


def needs_of(parties: Iterable[Party], user: "User") -> dict[UUID, list[str]]:
    """For each of these whom the user opens and who needs something: what. One query. The parties carry `opened`."""
    opened = {party.pk: party for party in parties if party.opened}
    asked = (
        Consent.objects.visible_to(user).filter(party__in=list(opened), purpose=Purpose.TAKE_PART).newest()
    )
    helped = {
        key: (interpreter, how) for key, interpreter, how in asked.values_list("party", "interpreter", "how")
    }
    found = {key: said(party, *helped.get(key, (False, ""))) for key, party in opened.items()}
    return {key: lines for key, lines in found.items() if lines}


def said(party: Party, interpreter: bool, how: str) -> list[str]:
    """What one person needs, by what was recorded and by how they were last asked."""
    language, lines = party.person.language, []
    if interpreter:
        lines.append(f"An interpreter, who is not family: {language}" if language else "An interpreter")
    elif language:
        lines.append(f"Speaks {language}")
    if how == How.READ_ALOUD:
        lines.append("Things read aloud and explained back")
    return [*lines, party.person.access_needs] if party.person.access_needs else lines


def needs_rows(parties: Iterable[Party], user: "User") -> list[dict[str, str]]:
    """The same as rows of a summary: a name and what they need."""
    people = list(parties)
    needs = needs_of(people, user)
    return [
        {"key": shown_name(party, user), "value": ". ".join(line.rstrip(".") for line in needs[party.pk])}
        for party in people
        if party.pk in needs
    ]
