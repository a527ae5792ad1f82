"""Answers, and the two kinds of words in them that are shown outside the compartment they were given in: those to reach
somebody with, and those somebody agreed to have carried."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from referrals.enums import STOPS, Answer, Part, Purpose
from referrals.querysets import SealedQuerySet
from referrals.querysets_involvement import meeting_parts, rows_of
from referrals.querysets_rules import (
    current_answers,
    given_under_a_stop,
    newest_answers,
    opened_ids,
)

if TYPE_CHECKING:
    from restorative.accounts.models import User


class ConsentQuerySet(SealedQuerySet):
    def newest(self) -> Self:
        """The newest row for each party, purpose and recipient, whatever it says."""
        return newest_answers(self)

    def current(self, at: datetime) -> Self:
        """The newest rows that count at `at`: see current_answers."""
        return current_answers(self, at)

    def agreed_words(self, user: "User") -> Self:
        """The words agreed to for reaching a party whom this user opens: they are meant to be said to them.

        Shown only for its words. Words whose time is over, or of somebody who has left, are nobody's to say any more;
        those given under a stop, not yet. A stop that this user knows of lets none be said.
        """
        opened = opened_ids(user)
        return (
            self.current(timezone.now())
            .filter(
                ~given_under_a_stop(),
                ~Exists(_stops_there().filter(party__in=opened)),
                purpose=Purpose.WORDS,
                answer=Answer.YES,
                recipient__in=opened,
                party__left_at__isnull=True,
            )
            .only("pk", "wording", "recipient")
            .scoped("agreed_words")
        )

    def words_before_step(self, rows: Collection[UUID]) -> QuerySet:
        """The exact words of answers that disclosure.py says a user was shown before a step hidden from them."""
        found = (
            self.filter(pk__in=rows, purpose=Purpose.WORDS).order_by("seq", "pk").scoped("words_before_step")
        )
        return found.values_list("wording", flat=True)

    def to_carry(self, user: "User", at: datetime, *, others_until: datetime | None = None) -> Self:
        """The exact words somebody agreed to have carried to a party whom this user opens, for who runs the meetings.

        A facilitator who supports one of them knows of the others only this; one of another organisation only while
        whose words they are shares with it. A stop lets nothing more out, and whoever takes part no longer has nothing
        carried: who knows of it has no words to carry any more, and who may not know sees what they saw before, so that
        it does not tell them. `others_until` is that moment, for the words of those they do not open: see
        disclosure.hidden_since.
        Words that were taken back are gone for everybody.
        """
        opened = opened_ids(user)
        runs = meeting_parts(at, user=user, referral=OuterRef("party__referral"))
        gone = newest_answers(rows_of("Consent")).filter(
            party=OuterRef("party"),
            party__in=opened,
            purpose=Purpose.TAKE_PART,
            answer__in=[Answer.NO, Answer.WITHDRAWN],
        )
        shares = current_answers(rows_of("Consent"), at).filter(
            party=OuterRef("party"),
            purpose=Purpose.SHARE,
            recipient=user.organisation_id,
            answer=Answer.YES,
        )
        asked = self.filter(purpose=Purpose.CARRY, recipient__in=opened)
        rows = current_answers(asked, at)
        if others_until is not None:
            then = current_answers(asked, at, known=others_until)
            then = then.exclude(party__in=opened).exclude(Exists(_taken_back_since(others_until)))
            rows = rows.filter(party__in=opened) | then
        return rows.filter(
            Exists(runs.exclude(part=Part.SECOND_WORKER)),
            Q(party__organisation=user.organisation_id) | Exists(shares),
            ~Exists(gone),
            ~Exists(_stops_there().filter(party__in=opened)),
            answer=Answer.YES,
        ).scoped("to_carry")


def _stops_there() -> QuerySet:
    """Open stops with anybody in the referral of a consent."""
    return rows_of("Concern").filter(
        party__referral=OuterRef("party__referral"), kind__in=STOPS, cleared_at__isnull=True
    )


def _taken_back_since(moment: datetime) -> QuerySet:
    """That words to be carried were taken back since, by themselves and not by coming back to taking part."""
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
