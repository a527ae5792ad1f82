"""Notes: append-only, with readers that are named in advance. A mistake is corrected by a further note."""

from datetime import datetime

from referrals import access
from referrals.actions.change import changing
from referrals.enums import Audience, NoteKind
from referrals.models import Note, Party, Referral
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible, need


def add_note(
    *,
    referral: Referral,
    text: str,
    by: User,
    party: Party | None = None,
    kind: NoteKind = NoteKind.NOTE,
    corrects: Note | None = None,
    at: datetime | None = None,
) -> Note:
    """Add a note: with `party` only for that party's side, without for all who work on the referral.

    A correction has the readers of the note it corrects. Possible in a closed referral too. Raises Refused, or
    NotPossible naming the field.
    """
    if party is not None:
        access.may_open(by, party).require()
    else:
        access.may_note(by, referral).require()
    need(text, "Write the note first.", field="text")
    if party is not None and party.referral_id != referral.pk:
        raise NotPossible("That person is not part of this referral.", field="audience")
    with changing(referral, by=by, at=at) as change:
        if party is not None:
            party = change.party(party, even_closed=True)
        readers = (referral.pk, party.pk if party else None)
        if corrects is not None and (corrects.referral_id, corrects.party_id) != readers:
            raise NotPossible("A correction goes to those who could read the note.", field="audience")
        note = change.add(
            Note,
            referral=change.referral,
            party=party,
            audience=Audience.SIDE if party else Audience.ALL,
            kind=kind,
            text=text,
            corrects=corrects,
        )
        change.record(
            "note_corrected" if corrects else "note_added", note, fields=["text"], why=note.audience
        )
        return note
