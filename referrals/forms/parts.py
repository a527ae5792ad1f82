"""Parts that several forms about one person share: safety, the way to reach them, what they agree to, is it the right
time. Each adds its fields to a form, and checks them when it was reached. Labels are in words.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from referrals.enums import (
    NOBODY,
    READINESS_QUESTIONS,
    SAFETY_QUESTIONS,
    SENT_ROUTES,
    WRITTEN_ROUTES,
    Answer,
    Hours,
    How,
    Purpose,
    Ready,
    RouteKind,
    Voicemail,
)
from referrals.forms import words
from referrals.forms.intake import route_value
from referrals.forms.words import Question, Whom
from restorative.common.formfields import (
    ChoiceSelect,
    CleanCharField,
    CleanTextField,
    RatingField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Row, Section

ALOUD, INTERPRETER = "aloud", "interpreter"
ANSWER = "Answer yes, no or not sure"


def answer(question: Question, whom: Whom, *, required: bool = False, **kwargs: Any) -> YesNoNotSureField:
    """A row of yes, no, not sure for a question."""
    return YesNoNotSureField(label=whom.fit(question.label), required=required, **kwargs)


def say(form: BaseForm, name: str, text: str) -> None:
    """Put words to say beside a question."""
    form.say = {**form.say, name: text}


def reveal(form: BaseForm, name: str, by: str, *values: str) -> None:
    """Show a field only for some answers to another."""
    form.reveals = {**form.reveals, name: (by, *values)}


def missing(form: BaseForm, names: Sequence[str], text: str = ANSWER) -> None:
    """An error at each of these fields that was left empty."""
    for name in names:
        if form.cleaned_data.get(name) in ("", None) and name not in form.errors:
            form.add_error(name, text)


# --- Before you start ----------------------------------------------------------------------------------------


def add_start(form: BaseForm, whom: Whom, *, language: str = "") -> Section:
    """Alone? Read aloud or an interpreter? In person or by phone?"""
    form.fields["alone"] = answer(words.ALONE, whom, required=True)
    say(form, "alone", words.ALONE.say)
    form.fields["helped"] = answer(words.HELPED, whom, required=True, yes_no=True)
    say(form, "helped", words.HELPED.say)
    form.fields["help_kinds"] = TicksField(
        label="What would help?",
        required=False,
        choices=[
            (ALOUD, "Read aloud and explained back"),
            (INTERPRETER, "An interpreter, who is not family"),
        ],
    )
    form.fields["language"] = CleanCharField(
        label="Which language?", required=False, max_length=60, width="10", initial=language
    )
    for name in ("help_kinds", "language"):
        reveal(form, name, "helped", "yes")
    form.fields["how"] = YesNoNotSureField(
        label="How are you talking?",
        choices=[(How.IN_PERSON.value, "In person"), (How.PHONE.value, "By phone")],
        initial=How.IN_PERSON.value,
        error_messages={"required": "Choose in person or by phone"},
    )
    return Section("Before you start", "alone", "helped", "help_kinds", "language", "how")


def clean_start(form: BaseForm) -> None:
    """Which help, and which language, where help is wanted."""
    cleaned = form.cleaned_data
    if cleaned.get("helped") != Answer.YES:
        cleaned["help_kinds"], cleaned["language"] = [], ""
        return
    if not cleaned.get("help_kinds") and "help_kinds" not in form.errors:
        form.add_error("help_kinds", "Choose what would help")
    if INTERPRETER in cleaned.get("help_kinds", []):
        missing(form, ["language"], "Enter the language")


def check_alone(form: BaseForm, whom: Whom) -> None:
    """Anything but yes: nothing else on the page matters now, and nothing typed is lost."""
    if form.cleaned_data.get("alone") in (Answer.NO, Answer.NOT_SURE):
        form.errors.clear()
        form.add_error(
            "alone",
            f"This cannot be saved as {whom.name}’s answers unless {whom.name} is alone. Come back later: what you "
            "typed is kept.",
        )


def how_asked(cleaned: dict[str, Any]) -> How:
    """How the answers were taken."""
    return How.READ_ALOUD if ALOUD in cleaned["help_kinds"] else How(cleaned["how"])


# --- Is it safe? ---------------------------------------------------------------------------------------------


def add_safety(form: BaseForm, whom: Whom, *, required: bool = False) -> Section:
    """The six safety questions; what was said is asked for where the answer is yes or not sure."""
    names = []
    for key, question in words.SAFETY.items():
        form.fields[key] = answer(question, whom, required=required)
        say(form, key, whom.fit(question.say))
        names.append(key)
        if question.leads_to:
            form.fields[f"{key}_said"] = CleanTextField(
                label=f"What did {whom.name} say?", required=False, rows=2, help_text=question.leads_to
            )
            reveal(form, f"{key}_said", key, "yes", "not_sure")
            names.append(f"{key}_said")
    return Section(
        "Is it safe?",
        *names,
        intro="“Not sure” counts like yes until more is known. Nothing here is shown to the others.",
    )


def safety_reached(form: BaseForm) -> bool:
    """Whether any of it was answered."""
    return any(form.cleaned_data.get(key) or form.cleaned_data.get(f"{key}_said") for key in SAFETY_QUESTIONS)


def safety_answers(cleaned: dict[str, Any]) -> dict[str, str]:
    return {key: cleaned[key] for key in SAFETY_QUESTIONS}


def safety_details(cleaned: dict[str, Any]) -> dict[str, str]:
    """What was said to each question, where the answer leads to something."""
    return {
        key: cleaned[f"{key}_said"]
        for key in SAFETY_QUESTIONS
        if cleaned.get(f"{key}_said") and cleaned[key] != Answer.NO
    }


# --- How to reach them ---------------------------------------------------------------------------------------

ROUTE = ("kind", "value", "read_by_others", "screen_private", "hours", "voicemail", "cover")


def add_route(
    form: BaseForm, whom: Whom, *, initial: dict[str, str], shares_home: bool | None, required: bool = False
) -> list[Any]:
    """One way to reach somebody. `shares_home` None: asked on this very page."""
    first = {
        "kind": "",
        "value": "",
        "hours": Hours.ANY.value,
        "voicemail": Voicemail.NO.value,
        "cover": "",
    } | initial
    form.fields["kind"] = ChoiceSelect(
        label="The best way", choices=RouteKind.choices, required=required, initial=first["kind"]
    )
    form.fields["value"] = CleanCharField(
        label="Number, address or appointment", required=False, width="20", initial=first["value"]
    )
    form.fields["read_by_others"] = YesNoNotSureField(
        label=f"Can anybody else read it, or answer {whom.name}’s phone?",
        required=required,
        help_text="If so, texts, emails and post are not used.",
    )
    say(form, "read_by_others", "“Does anybody else look at your phone or open your post, even sometimes?”")
    form.fields["screen_private"] = YesNoNotSureField(
        label=f"Does nobody see {whom.name}’s screen light up?",
        required=False,
        help_text="Unless nobody does, a message only says “Can you ring me?”",
    )
    if shares_home is None:
        reveal(form, "screen_private", "shares_home", "yes", "not_sure")
    form.fields["hours"] = ChoiceSelect(
        label="When is good?", choices=Hours.choices, required=False, initial=first["hours"]
    )
    form.fields["voicemail"] = ChoiceSelect(
        label="On voicemail", choices=Voicemail.choices, required=False, initial=first["voicemail"]
    )
    form.fields["cover"] = CleanCharField(
        label="Cover words: what to say if somebody else answers",
        required=False,
        max_length=160,
        initial=first["cover"],
    )
    asked = [Row("kind", "value"), "read_by_others"]
    if shares_home is not False:
        asked.append("screen_private")
    else:
        del form.fields["screen_private"]
    return [*asked, Row("hours", "voicemail"), "cover"]


def route_reached(form: BaseForm) -> bool:
    """Whether anything of it was answered, or changed from what was known."""
    cleaned = form.cleaned_data
    if cleaned.get("read_by_others") or cleaned.get("screen_private"):
        return True
    offered = ("kind", "value", "hours", "voicemail", "cover")
    return any(cleaned.get(name) and cleaned[name] != form.fields[name].initial for name in offered)


def clean_route(form: BaseForm, *, need_value: bool = True) -> None:
    """The value in its stored form; what is missing named."""
    cleaned = form.cleaned_data
    missing(form, ["kind"], "Choose a way")
    missing(form, ["read_by_others"])
    kind = cleaned.get("kind")
    if kind and "value" not in form.errors:
        if not cleaned.get("value"):
            if need_value and kind != RouteKind.IN_PERSON:
                form.add_error("value", "Enter how to reach them this way")
        else:
            try:
                cleaned["value"] = route_value(kind, cleaned.get("value", ""))
            except ValidationError as error:
                form.add_error("value", error)
    at_home = cleaned.get("shares_home") in (Answer.YES, Answer.NOT_SURE)
    if at_home and kind in SENT_ROUTES and cleaned.get("read_by_others") == Answer.NO:
        missing(form, ["screen_private"])


def route_facts(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Keywords of RouteFacts. Unknown means no: what somebody else may read is not used for writing."""
    kind = RouteKind(cleaned["kind"])
    read = cleaned["read_by_others"] != Answer.NO
    return {
        "kind": kind,
        "value": cleaned["value"],
        "allowed": not (read and kind in WRITTEN_ROUTES),
        "read_by_others": read,
        "screen_private": cleaned.get("screen_private") == Answer.YES,
        "hours": Hours(cleaned["hours"] or Hours.ANY),
        "voicemail": Voicemail(cleaned["voicemail"] or Voicemail.NO),
        "cover": cleaned["cover"],
    }


# --- What they agree to --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """One thing a person is asked to agree to. `words` are the exact words, where these are what is agreed to.

    `needed`: must be answered once this part is reached. `told`: what was answered before. `came_back`: withdrawn
    before, so that a yes needs their own words.
    """

    purpose: Purpose
    label: str
    say: str
    recipient: UUID = NOBODY
    words: str | None = None
    needed: bool = False
    told: str = ""
    came_back: bool = False

    @property
    def key(self) -> str:
        return (
            self.purpose.value if self.recipient == NOBODY else f"{self.purpose.value}_{self.recipient.hex}"
        )


def add_consents(form: BaseForm, whom: Whom, asks: Sequence[Ask], *, title: str) -> Section:
    """A row for each thing asked; a box for what changed where they withdrew before; a tick for doubt."""
    names = []
    for ask in asks:
        form.fields[ask.key] = YesNoNotSureField(label=ask.label, required=False, help_text=ask.told)
        say(form, ask.key, ask.say)
        names.append(ask.key)
        if ask.words is not None:
            form.fields[f"{ask.key}_note"] = CleanTextField(
                label="The exact words", required=False, rows=2, initial=ask.words
            )
    if any(ask.came_back for ask in asks):
        form.fields["why_back"] = CleanTextField(
            label=f"{whom.name} stopped before. What changed, in {whom.name}’s words?",
            help_text="Ask: “What changed? Did anyone ask you to?” A yes counts after two working days.",
            required=False,
            rows=2,
        )
        names.append("why_back")
    form.fields["doubt"] = forms.BooleanField(
        label=f"I have a doubt whether {whom.name} can decide this",
        required=False,
        help_text="A doubt calls a booked meeting off at once, until you have written down what helped to decide.",
    )
    return Section(
        title, *names, "doubt", intro="Leave what you did not ask. No is as good an answer as yes."
    )


def consents_reached(form: BaseForm, asks: Sequence[Ask]) -> bool:
    """Whether anything was answered, changed or ticked."""
    cleaned = form.cleaned_data
    answered = any(cleaned.get(ask.key) or _reworded(form, ask) for ask in asks)
    return bool(answered or cleaned.get("doubt") or cleaned.get("why_back"))


def _reworded(form: BaseForm, ask: Ask) -> bool:
    """Whether the exact words are others than those offered to begin with."""
    typed = form.cleaned_data.get(f"{ask.key}_note")
    return ask.words is not None and bool(typed) and typed != ask.words


def clean_consents(form: BaseForm, asks: Sequence[Ask]) -> None:
    """What must be answered, the words that were agreed to, and what changed since they withdrew."""
    cleaned = form.cleaned_data
    part = next((ask for ask in asks if ask.purpose == Purpose.TAKE_PART), None)
    takes_part = (
        part is None or cleaned.get(part.key) == Answer.YES or not (part.needed or cleaned.get(part.key))
    )
    for ask in asks:
        if (ask.needed and (ask is part or takes_part)) or _reworded(form, ask):
            missing(form, [ask.key])
        if ask.words is not None and cleaned.get(ask.key) == Answer.YES:
            missing(form, [f"{ask.key}_note"], "Write the exact words")
        if ask.came_back and cleaned.get(ask.key) == Answer.YES:
            missing(
                form,
                ["why_back"],
                "Write down, in their words, what changed and whether anyone asked them to",
            )
    if cleaned.get("doubt"):
        missing(form, [part.key] if part else [])


def consents_said(cleaned: dict[str, Any], asks: Sequence[Ask]) -> list[dict[str, Any]]:
    """Keywords of Said for each answer given."""
    return [
        {
            "purpose": ask.purpose,
            "answer": Answer(cleaned[ask.key]),
            "recipient": ask.recipient,
            "wording": cleaned[f"{ask.key}_note"] if ask.words is not None else ask.say,
            "why_back": cleaned.get("why_back", "") if ask.came_back else "",
        }
        for ask in asks
        if cleaned[ask.key]
    ]


# --- Hopes, the right time, ratings --------------------------------------------------------------------------


def add_hopes(form: BaseForm, whom: Whom) -> list[str]:
    """Hopes, fears, limits, and what may be carried."""
    for key, (label, hint) in {**words.HOPES, "may_carry": words.MAY_CARRY}.items():
        form.fields[key] = CleanTextField(
            label=whom.fit(label), help_text=whom.fit(hint), required=False, rows=2
        )
    return [*words.HOPES, "may_carry"]


def hopes_reached(form: BaseForm) -> bool:
    return any(form.cleaned_data.get(key) for key in (*words.HOPES, "may_carry"))


def add_readiness(form: BaseForm, whom: Whom, *, required: bool = False) -> Section:
    """The readiness questions, a note each, and the worker's own judgement."""
    names = []
    for key, question in words.READINESS.items():
        form.fields[key] = answer(question, whom, required=required)
        say(form, key, whom.fit(question.say))
        names.append(key)
        always = key in words.NOTED_ALWAYS
        note = f"{key}_note" if always else f"{key}_said"
        form.fields[note] = CleanTextField(
            label="Note" if always else f"What did {whom.name} say?", required=False, rows=2
        )
        if not always:
            reveal(form, note, key, "no", "not_sure")
            names.append(note)
    form.fields["judgement"] = YesNoNotSureField(
        label=f"Your own judgement: is this the right time for {whom.name}?",
        required=required,
        choices=Ready.choices,
        help_text="By the rules it is only when each answer is yes. You may judge otherwise, and say why.",
        error_messages={"required": "Choose ready or not yet"},
    )
    form.fields["reason"] = CleanTextField(
        label="Why, if you judge otherwise than the answers", required=False, rows=2
    )
    return Section(
        "Is this the right time?",
        *names,
        "judgement",
        "reason",
        intro="Later is a good answer too. “Not sure” counts as not yet.",
    )


def readiness_notes(cleaned: dict[str, Any]) -> dict[str, str]:
    """What was noted beside each question."""
    noted = {key: cleaned.get(f"{key}_note") or cleaned.get(f"{key}_said") for key in READINESS_QUESTIONS}
    return {key: text for key, text in noted.items() if text}


def readiness_answers(cleaned: dict[str, Any]) -> dict[str, str]:
    return {key: cleaned[key] for key in READINESS_QUESTIONS}


def readiness_reached(form: BaseForm) -> bool:
    cleaned = form.cleaned_data
    return bool(
        any(cleaned.get(key) for key in (*READINESS_QUESTIONS, "judgement", "reason"))
        or readiness_notes(cleaned)
    )


def clean_readiness(form: BaseForm) -> None:
    """Each question, the judgement, and a reason where it differs from what the rules make of the answers."""
    missing(form, list(READINESS_QUESTIONS))
    missing(form, ["judgement"], "Choose ready or not yet")
    cleaned = form.cleaned_data
    given = [cleaned.get(key) for key in READINESS_QUESTIONS]
    if not all(given) or not cleaned.get("judgement"):
        return
    result = Ready.READY if all(value == Answer.YES for value in given) else Ready.NOT_YET
    if cleaned["judgement"] != result and not cleaned.get("reason") and "reason" not in form.errors:
        form.add_error(
            "reason", f"By the answers it is “{str(result.label).lower()}”. Say why you judge otherwise"
        )


def add_ratings(form: BaseForm) -> list[str]:
    """Three private ratings, each may be left."""
    for key, (label, low, high) in words.RATINGS.items():
        form.fields[key] = RatingField(label=label, low=low, high=high, required=False)
    return list(words.RATINGS)


def ratings_of(cleaned: dict[str, Any]) -> dict[str, int | None]:
    return {key: cleaned.get(key) for key in words.RATINGS}
