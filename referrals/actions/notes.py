"""Notes: append-only, with readers that are named in advance. A mistake is corrected by a further note."""

from datetime import datetime
from typing import TYPE_CHECKING

from referrals import access
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import fresh_party
from referrals.enums import Audience, NoteKind
from referrals.models import Note, Party, Referral
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


def add_note(
    *,
    referral: Referral,
    text: str,
    by: "User",
    party: Party | None = None,
    kind: NoteKind = NoteKind.NOTE,
    corrects: Note | None = None,
    at: datetime | None = None,
) -> Note:
    """Add a note: with `party` only for that party's side, without for all who work on the referral.

    A correction has the readers of the note it corrects. Possible in a closed referral too. Raises Refused, or
    NotPossible naming the field.
    """
    at = at or clock.now()
    if party is not None:
        access.may_open(by, party).require()
    else:
        access.may_note(by, referral).require()
    if not text.strip():
        raise NotPossible("Write the note first.", field="text")
    with changing(referral, at=at) as (referral, at):
        if party is not None:
            party = fresh_party(party, even_closed=True)
            if party.referral_id != referral.pk:
                raise NotPossible("That person is not part of this referral.", field="audience")
        if corrects is not None and (corrects.referral_id, corrects.party_id) != (
            referral.pk,
            party.pk if party else None,
        ):
            raise NotPossible("A correction goes to those who could read the note.", field="audience")
        note = Note.objects.create(
            referral=referral,
            party=party,
            audience=Audience.SIDE if party else Audience.ALL,
            kind=kind,
            text=text,
            corrects=corrects,
            **made(by, at),
        )
        record(
            "note_corrected" if corrects else "note_added",
            by=by,
            thing=note,
            referral_id=referral.pk,
            party_id=party.pk if party else None,
            fields=["text"],
            why_code=note.audience,
            at=at,
        )
        return note
