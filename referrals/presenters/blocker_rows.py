"""What stands in the way as one person may see it: each row with whose turn it is and the page that mends it.
What holds is decided in blockers.py."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, F, OuterRef
from django.urls import reverse

from referrals.blockers import ShownBlocker
from referrals.blockers.on_parties import by_a_second_person
from referrals.enums import SIGN_OFFS, STOPS, Answer, Part, Ready
from referrals.models import Concern, Party, SignOff
from referrals.presenters import AND_BACK, facilitators_of
from referrals.presenters.referral_facts import Facts
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User


# Code → the page that mends it, and the words of the link. {name} is the party's.
FIXES: dict[str, tuple[str, str]] = {
    "consent_missing": ("referrals:consent", "Ask {name}"),
    "consent_not_heard": ("referrals:consent", "Hear it from {name}"),
    "wording_not_approved": ("referrals:consent", "Ask {name}"),
    "capacity_in_doubt": ("referrals:capacity", "Assess"),
    "safety_not_asked": ("referrals:safety_ask", "Ask {name}"),
    "stop": ("referrals:safety", "Look at it"),
    "sign_off": ("referrals:safety", "Look at it"),
    "readiness_missing": ("referrals:readiness", "Ask {name}"),
    "readiness_expired": ("referrals:readiness", "Ask again"),
    "not_prepared": ("referrals:preparation", "Prepare"),
    "safe_contact_missing": ("referrals:routes", "Ask {name}"),
    "professional_not_agreed": ("referrals:consent", "Ask {name}"),
    "one_facilitator": ("referrals:facilitators", "Appoint"),
    "no_facilitator": ("referrals:facilitators", "Appoint"),
    "facilitator_not_independent": ("referrals:facilitators", "Appoint"),
    "not_suitable_yet": ("referrals:decide", "Decide"),
    "records_check": ("referrals:records_ask", "Ask for it"),
    "too_few_parties": ("referrals:person_add", "Add a person"),
}
# Where it is one person's to say.
FIXES_OF_ONE = {"facilitator_not_independent": ("referrals:consent", "Ask {name}")}
OF_ONE = {"facilitator_not_independent": "second_worker"}
# What the page is asked to begin with.
PRESET = {"facilitator_not_independent": "&part=second_worker"}
NOTHING = "Nothing for you to do"
# Codes that one talk settles together.
TALK_CODES = frozenset(
    {"consent_missing", "safety_not_asked", "readiness_missing", "not_prepared", "safe_contact_missing"}
)
# Codes that a check-in settles, where it would do, and what has run out then.
RENEWED = {
    "consent_missing": "taking part",
    "safety_not_asked": "safety",
    "readiness_expired": "the right time",
    "safe_contact_missing": "how to reach them",
}
WHOSE_BY_CODE = {
    "stop": "A safeguarding lead",
    "sign_off": "A manager or safeguarding lead",
}


@dataclass(frozen=True)
class Heard:
    """What a page has read beside its facts. `answers`: each opened party's newest answer to taking part;
    `deciding`: (party, code) of the concerns this user may decide on; `renewable`: whom a check-in would do for."""

    answers: dict[UUID, str] = field(default_factory=dict)
    deciding: frozenset[tuple[UUID, str]] = frozenset()
    renewable: frozenset[UUID] = frozenset()


def check_in_would_do(
    *,
    answer: str | None,
    counts_from: datetime | None,
    sheet_changed: datetime | None,
    judgement: str | None,
    safety_at: datetime | None,
    concern_at: datetime | None,
    reached: bool,
    at: datetime,
) -> bool:
    """Whether all was asked of a participant in full once, and nothing new has come up since. Each is the newest."""
    yes = answer == Answer.YES and counts_from is not None and counts_from <= at and not sheet_changed
    calm = safety_at is not None and not (concern_at and concern_at > safety_at)
    return yes and calm and reached and judgement == Ready.READY


def deciding(facts: Facts) -> frozenset[tuple[UUID, str]]:
    """The concerns this user is the second person for: (party, code). No query where there can be none."""
    user = facts.user
    here = {facts.referral.lead_id, *(party.keyworker_id for party in facts.parties)}
    here |= {row.user_id for row in facilitators_of(facts.referral, user)}
    held = {
        (row.party.pk, row.code)
        for row in facts.rows
        if row.code in WHOSE_BY_CODE
        and row.party is not None
        and row.party.organisation_id == user.organisation_id
        and (user.safeguarding_lead or (user.is_manager and row.code == "sign_off"))
    }
    if not held or user.pk in here:
        return frozenset()
    newer = Concern.objects.visible_to(user).filter(
        party=OuterRef("party"), raised_at__gt=OuterRef("decided_at")
    )
    decided = (
        SignOff.objects.visible_to(user)
        .filter(~Exists(newer), by_a_second_person(), concern=OuterRef("pk"), expires_at__gte=facts.at)
        .filter(decided_at__gte=F("concern__raised_at"))
    )
    waiting = (
        Concern.objects.visible_to(user)
        .open()
        .filter(~Exists(decided), party__in={party for party, _ in held})
        .exclude(raised_by=user)
        .values_list("party", "kind")
    )
    codes = {**dict.fromkeys(STOPS, "stop"), **dict.fromkeys(SIGN_OFFS, "sign_off")}
    return frozenset(held & {(party, codes.get(kind, "")) for party, kind in waiting})


def way_rows(facts: Facts, heard: Heard | None = None) -> list[dict[str, str]]:
    """The rows of 'What stands in the way', each with whose turn it is and the page that mends it.

    Where most of a talk with somebody is still to come, that is one row and not five.
    """
    heard = heard or Heard()
    shown, talked = [], set()
    for row in facts.rows:
        if row.party is not None and row.party.person.died_on:
            if row.party.pk not in talked:
                talked.add(row.party.pk)
                shown.append(_died_row(row.party))
        elif row.code == "day_of_check_missing" and not _is_today(facts):
            if not any(each["code"] == row.code for each in shown):
                shown.append(dict(ON_THE_DAY))
        elif row.code == "wording_not_approved" and row.party is not None and untalked(row.party, facts):
            continue  # the words are part of that talk
        elif row.party is not None and row.code in RENEWED and row.party.pk in heard.renewable:
            if row.party.pk not in talked:
                talked.add(row.party.pk)
                shown.append(_check_in_row(row.party, facts))
        elif said := _said_row(row, facts, heard):
            shown.append(said)
        elif row.party is not None and stopped(row.party, heard) and row.code in TALK_CODES:
            continue
        elif row.party is None or row.code not in TALK_CODES or not untalked(row.party, facts):
            shown.append(_way_row(row, facts, heard))
        elif row.party.pk not in talked:
            talked.add(row.party.pk)
            shown.append(_talk_row(row.party, facts))
    return sorted(shown, key=_first_what_is_theirs)


# Before the day there is nothing to be asked yet, of anybody.
ON_THE_DAY = {
    "code": "day_of_check_missing",
    "name": "",
    "sentence": "Each person is asked again on the day: well enough, safe, still yes?",
    "whose": "On the day",
    "action_text": "",
    "action_href": "",
}


def _is_today(facts: Facts) -> bool:
    return facts.meeting is not None and clock.today(facts.meeting.starts_at) == clock.today(facts.at)


def _first_what_is_theirs(row: dict[str, str]) -> int:
    """A stop or a no, then what this user can do, then what is with others, then what comes later or is sealed."""
    if row["code"] == "stop" or (row["code"] and row["whose"] == NOTHING):
        return 0
    if row["whose"] == "Your turn":
        return 1
    return 3 if row["whose"] in ("Later", "On the day", NOTHING) else 2


def returning(rows: list[dict[str, str]], place: str) -> list[dict[str, str]]:
    """The same rows for another page than the referral's: what they open returns there (see views.base.RETURNS)."""
    return [{**row, "action_href": row["action_href"].replace(AND_BACK, f"?from={place}")} for row in rows]


def _died_row(party: Party) -> dict[str, str]:
    """One row for somebody who has died, and nothing to do."""
    nothing = {"code": "", "whose": "", "action_text": "", "action_href": ""}
    return {**nothing, "name": party.known_as, "sentence": f"{party.known_as} has died."}


def untalked(party: Party, facts: Facts) -> bool:
    """Whether most of a talk with them is still to come."""
    codes = {row.code for row in facts.rows if row.party is not None and row.party.pk == party.pk}
    return len(codes & TALK_CODES) >= 3


def waits_for_words(party: Party, facts: Facts) -> bool:
    """Whether they cannot be spoken to yet, because the words used to reach them are not approved."""
    return not party.asked_first and any(row.code == "wording_not_approved" for row in facts.rows)


def stopped(party: Party, heard: Heard) -> bool:
    """Whether their newest answer is that they do not take part. Nobody asks them again from here."""
    return heard.answers.get(party.pk) in (Answer.NO, Answer.WITHDRAWN)


NOT_A_YES = {
    Answer.WITHDRAWN: "{name} has stopped taking part.",
    Answer.NO: "{name} said no to taking part.",
    Answer.NOT_SURE: "{name} is not sure about taking part.",
}


def _said_row(row: ShownBlocker, facts: Facts, heard: Heard) -> dict[str, str] | None:
    """The row of somebody who answered, and not with yes: what they said, in place of what is missing."""
    answer = heard.answers.get(row.party.pk) if row.party is not None else None
    if row.code != "consent_missing" or answer not in NOT_A_YES:
        return None
    name = row.party.known_as
    shown = {"code": row.code, "name": name, "sentence": NOT_A_YES[Answer(answer)].format(name=name)}
    if stopped(row.party, heard):
        return {**shown, "whose": NOTHING, "action_text": "", "action_href": ""}
    return {
        **shown,
        "whose": whose(row.party, facts.user),
        "action_text": f"Talk with {name}",
        "action_href": _of_person("referrals:talk", row.party, facts),
    }


def _talk_row(party: Party, facts: Facts) -> dict[str, str]:
    name = party.known_as
    if waits_for_words(party, facts):
        sentence = f"{name} is talked with once the words used to reach them are agreed."
        return {
            "code": "",
            "name": name,
            "sentence": sentence,
            "whose": "Later",
            "action_text": "",
            "action_href": "",
        }
    return {
        "code": "talk",
        "name": name,
        "sentence": f"{name} has not been talked with, alone: safety, what they agree to, is it the right time.",
        "whose": whose(party, facts.user),
        "action_text": f"Talk with {name}",
        "action_href": _of_person("referrals:talk", party, facts),
    }


def _check_in_row(party: Party, facts: Facts) -> dict[str, str]:
    """All that has run out with somebody, in one row: one page renews it."""
    name = party.known_as
    codes = [row.code for row in facts.rows if row.party is not None and row.party.pk == party.pk]
    old = [words for code, words in RENEWED.items() if code in codes]
    listed = old[0] if len(old) == 1 else f"{', '.join(old[:-1])} and {old[-1]}"
    return {
        "code": "check_in",
        "name": name,
        "sentence": f"{name} was asked about {listed} too long ago.",
        "whose": whose(party, facts.user),
        "action_text": f"Check in with {name}",
        "action_href": _of_person("referrals:check_in", party, facts),
    }


def _way_row(row: ShownBlocker, facts: Facts, heard: Heard) -> dict[str, str]:
    shown = {
        "code": row.code,
        "name": row.party.known_as if row.party is not None else "",
        "sentence": row.sentence,
        "whose": "",
        "action_text": "",
        "action_href": "",
    }
    if not row.code:
        return {**shown, "whose": NOTHING}
    if row.code == "records_check" and facts.referral.records_waiting:
        return {**shown, "whose": "A safeguarding lead", "action_text": "Asked for"}
    if row.code == "day_of_check_missing":
        return {**shown, **_day_link(row, facts)}
    if row.code == "wording_not_approved" and row.party is not None and not row.party.asked_first:
        return {**shown, "whose": "Whoever asked first"}
    if row.code == "professional_not_agreed" and not _facilitates(facts):
        return {**shown, "whose": "The facilitator asks"}
    if row.party is None and not facts.runs:
        return {**shown, "whose": facts.referral.lead.first_name}
    name, text = FIXES[row.code] if row.party is None else FIXES_OF_ONE.get(row.code, FIXES[row.code])
    if row.party is not None:
        mine = (row.party.pk, row.code) in heard.deciding
        turn = whose(row.party, facts.user) if row.code not in WHOSE_BY_CODE else WHOSE_BY_CODE[row.code]
        return {
            **shown,
            "code": OF_ONE.get(row.code, row.code),
            "whose": "Your turn" if mine else turn,
            "action_text": "Decide" if mine and row.code == "sign_off" else text.format(name=shown["name"]),
            "action_href": _fix_href(name, row, facts),
        }
    href = reverse(name, args=[facts.referral.reference])
    return {
        **shown,
        "whose": "Your turn",
        "action_text": text,
        "action_href": f"{href}{AND_BACK}{PRESET.get(row.code, '')}",
    }


def _facilitates(facts: Facts) -> bool:
    parts = (Part.FACILITATOR, Part.STAND_IN, Part.SECOND_WORKER)
    return any(
        row.user_id == facts.user.pk and row.part in parts
        for row in facilitators_of(facts.referral, facts.user)
    )


def _fix_href(name: str, row: ShownBlocker, facts: Facts) -> str:
    if name == "referrals:facilitators":
        return f"{reverse(name, args=[facts.referral.reference])}{AND_BACK}"
    return _of_person(name, row.party, facts)


def _of_person(name: str, party: Party, facts: Facts) -> str:
    """A page about one person that returns to the referral."""
    return f"{reverse(name, args=[facts.referral.reference, party.pk])}{AND_BACK}"


def _day_link(row: ShownBlocker, facts: Facts) -> dict[str, str]:
    args = [facts.referral.reference, facts.meeting.pk, row.party.pk]
    href = reverse("meetings:day_check", args=args)
    return {
        "whose": whose(row.party, facts.user),
        "action_text": f"Ask {row.party.known_as}",
        "action_href": f"{href}{AND_BACK}",
    }


def whose(party: Party, user: "User") -> str:
    worker = party.keyworker
    if worker is None or worker.pk == user.pk:
        return "Your turn"
    return worker.first_name
