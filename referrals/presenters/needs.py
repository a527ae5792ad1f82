"""What helps each person to come and to take part, for users who open them: person's page, planner, run sheet."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from referrals.enums import Answer, How, Purpose
from referrals.models import Consent, Party
from referrals.presenters import shown_name
from restorative.accounts.models import User


def needs_of(parties: Iterable[Party], user: User) -> dict[UUID, list[str]]:
    """The needs of each party that the user opens, if there are any. One query. The parties carry `opened`."""
    opened = {party.pk: party for party in parties if party.opened}
    asked = last_asked(_asked(list(opened), user))
    found = {key: said(party, asked.get(key)) for key, party in opened.items()}
    return {key: lines for key, lines in found.items() if lines}


def _asked(parties: list[UUID], user: User) -> QuerySet[Consent]:
    return Consent.objects.visible_to(user).filter(party__in=parties, purpose=Purpose.TAKE_PART)


def last_asked(rows: Iterable[Consent]) -> dict[UUID, Consent]:
    """Each party's latest answer to taking part that a worker took: the help they had is stored with it.

    Answers by link and withdrawals do not record needs.
    """
    asked = [row for row in rows if row.how != How.LINK and row.answer != Answer.WITHDRAWN]
    return {row.party_id: row for row in sorted(asked, key=lambda row: row.seq)}


def helped_before(party: Party, user: User) -> tuple[bool, bool]:
    """Whether they had things read aloud, and an interpreter, when last asked."""
    last = last_asked(_asked([party.pk], user)).get(party.pk)
    return (last.how == How.READ_ALOUD, last.interpreter) if last else (False, False)


def said(party: Party, last: Consent | None) -> list[str]:
    """One person's needs, from the record and from how they were last asked."""
    language, lines = party.person.language or (last.language if last else ""), []
    if last is not None and last.interpreter:
        lines.append(f"An interpreter, who is not family: {language}" if language else "An interpreter")
    elif language:
        lines.append(f"Speaks {language}")
    if last is not None and last.how == How.READ_ALOUD:
        lines.append("Things read aloud and explained back")
    return [*lines, party.person.access_needs] if party.person.access_needs else lines


def needs_rows(parties: Iterable[Party], user: User) -> list[dict[str, str]]:
    """The same as summary rows: a name and their needs."""
    people = list(parties)
    needs = needs_of(people, user)
    return [
        {"key": shown_name(party, user), "value": ". ".join(line.rstrip(".") for line in needs[party.pk])}
        for party in people
        if party.pk in needs
    ]
