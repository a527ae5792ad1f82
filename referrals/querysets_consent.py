"""Consent rows, and the two kinds of words in them that are shown outside their own compartment: words to approach
a person with, and words to be carried to another party."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from referrals.enums import STOPS, Answer, Part, Purpose
from referrals.querysets import SealedQuerySet
from referrals.querysets_involvement import meeting_parts, rows_of
from referrals.querysets_rules import (
    Within,
    current_answers,
    given_under_a_stop,
    newest_answers,
    opened,
)
from restorative.accounts.models import User


class ConsentQuerySet(SealedQuerySet):
    def newest(self) -> Self:
        """The newest row for each party, purpose and recipient, whatever it says."""
        return newest_answers(self)

    def current(self, at: datetime) -> Self:
        """The newest rows that count at `at`: see current_answers."""
        return current_answers(self, at)

    def agreed_words(self, user: User | Within) -> Self:
        """Approved words for reaching a party whom this user opens; a worker says these words to that party.

        Fetches only the words. Leaves out words that expired or whose giver has left, and words given under an open
        stop. A stop that this user knows of hides all of them.
        """
        return (
            self.current(timezone.now())
            .filter(
                opened(user, "recipient"),
                ~given_under_a_stop(),
                ~Exists(_stops_there().filter(opened(user))),
                purpose=Purpose.WORDS,
                answer=Answer.YES,
                party__left_at__isnull=True,
            )
            .only("pk", "wording", "recipient")
            .scoped("agreed_words")
        )

    def words_before_step(self, rows: Collection[UUID]) -> QuerySet:
        """The exact words that, by disclosure.py, a user saw before a step that is hidden from them."""
        found = (
            self.filter(pk__in=rows, purpose=Purpose.WORDS).order_by("seq", "pk").scoped("words_before_step")
        )
        return found.values_list("wording", flat=True)

    def to_carry(self, user: User, at: datetime, *, others_until: datetime | None = None) -> Self:
        """The exact words that a party agreed to have carried to a party whom this user opens, for facilitators.

        Of the other parties a facilitator who supports one of them knows only these words; a facilitator of another
        organisation needs the giver's consent to share with it. A stop hides the words, and nothing is carried for
        a party who no longer takes part. A user who knows of that gets no words; a user who may not know of it sees
        what they saw before, so that the page does not reveal it. `others_until` is that moment, for parties the
        user does not open: see disclosure.hidden_since. Words that were withdrawn are hidden from all users.
        """
        runs = meeting_parts(at, user=user, referral=OuterRef("party__referral"))
        gone = newest_answers(rows_of("Consent")).filter(
            opened(user),
            party=OuterRef("party"),
            purpose=Purpose.TAKE_PART,
            answer__in=[Answer.NO, Answer.WITHDRAWN],
        )
        shares = current_answers(rows_of("Consent"), at).filter(
            party=OuterRef("party"),
            purpose=Purpose.SHARE,
            recipient=user.organisation_id,
            answer=Answer.YES,
        )
        asked = self.filter(opened(user, "recipient"), purpose=Purpose.CARRY)
        rows = current_answers(asked, at)
        if others_until is not None:
            then = current_answers(asked, at, known=others_until)
            then = then.exclude(opened(user)).exclude(Exists(_taken_back_since(others_until)))
            rows = rows.filter(opened(user)) | then
        return rows.filter(
            Exists(runs.exclude(part=Part.SECOND_WORKER)),
            Q(party__organisation=user.organisation_id) | Exists(shares),
            ~Exists(gone),
            ~Exists(_stops_there().filter(opened(user))),
            answer=Answer.YES,
        ).scoped("to_carry")


def _stops_there() -> QuerySet:
    """Open stops of any party in a consent's referral."""
    return rows_of("Concern").filter(
        party__referral=OuterRef("party__referral"), kind__in=STOPS, cleared_at__isnull=True
    )


def _taken_back_since(moment: datetime) -> QuerySet:
    """Words to be carried that were withdrawn since, on their own and not by returning to taking part."""
    back = rows_of("Consent").filter(
        party=OuterRef("party"),
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        created_at=OuterRef("created_at"),
    )
    return rows_of("Consent").filter(
        ~Q(answer=Answer.YES),
        ~Exists(back),
        party=OuterRef("party"),
        purpose=Purpose.CARRY,
        recipient=OuterRef("recipient"),
        created_at__gte=moment,
    )
