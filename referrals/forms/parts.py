"""Parts that several forms about one person share: start, safety, hopes, readiness, ratings. Each adds its fields
and validates them when reached. Contact routes are in reaching.py, consent in agreeing.py."""

from collections.abc import Sequence
from typing import Any

from referrals.enums import (
    READINESS_QUESTIONS,
    SAFETY_QUESTIONS,
    Answer,
    How,
    Ready,
)
from referrals.forms import words
from referrals.forms.words import Question, Whom
from restorative.common.formfields import (
    CleanCharField,
    CleanTextField,
    RatingField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Section

ALOUD, INTERPRETER = "aloud", "interpreter"
ANSWER = "Answer yes, no or not sure"


def answer(question: Question, whom: Whom, *, required: bool = False, **kwargs: Any) -> YesNoNotSureField:
    """A row of yes, no, not sure for a question."""
    return YesNoNotSureField(label=whom.fit(question.label), required=required, **kwargs)


def say(form: BaseForm, name: str, text: str) -> None:
    """Add a script for the worker next to a question."""
    form.say = {**form.say, name: text}


def reveal(form: BaseForm, name: str, by: str, *values: str) -> None:
    """Show a field only for certain answers to another question."""
    form.reveals = {**form.reveals, name: (by, *values)}


def missing(form: BaseForm, names: Sequence[str], text: str = ANSWER) -> None:
    """Add an error to each of these fields that is empty."""
    for name in names:
        if form.cleaned_data.get(name) in ("", None) and name not in form.errors:
            form.add_error(name, text)


# --- Before you start ----------------------------------------------------------------------------------------


def add_start(form: BaseForm, whom: Whom, *, language: str = "", helped: Sequence[str] = ()) -> Section:
    """Add: alone? read aloud or an interpreter (`helped` has the earlier answers)? in person or by phone?"""
    form.fields["alone"] = answer(words.ALONE, whom, required=True)
    say(form, "alone", words.ALONE.say)
    usual = Answer.YES if helped else Answer.NO
    form.fields["helped"] = answer(words.HELPED, whom, required=True, yes_no=True, initial=usual.value)
    say(form, "helped", words.HELPED.say)
    form.fields["help_kinds"] = TicksField(
        label="What would help?",
        required=False,
        choices=[
            (ALOUD, "Read aloud and explained back"),
            (INTERPRETER, "An interpreter, who is not family"),
        ],
        initial=list(helped),
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
    """Require the kind of help and the language, if help is wanted."""
    cleaned = form.cleaned_data
    if cleaned.get("helped") != Answer.YES:
        cleaned["help_kinds"], cleaned["language"] = [], ""
        return
    if not cleaned.get("help_kinds") and "help_kinds" not in form.errors:
        form.add_error("help_kinds", "Choose what would help")
    if INTERPRETER in cleaned.get("help_kinds", []):
        missing(form, ["language"], "Enter the language")


def check_alone(form: BaseForm, whom: Whom) -> None:
    """If the person is not alone, skip all other validation; typed values are kept."""
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
    """Add the six safety questions, with a detail box for yes and not sure."""
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
    """Whether any safety question was answered."""
    return any(form.cleaned_data.get(key) or form.cleaned_data.get(f"{key}_said") for key in SAFETY_QUESTIONS)


def safety_answers(cleaned: dict[str, Any]) -> dict[str, str]:
    return {key: cleaned[key] for key in SAFETY_QUESTIONS}


def safety_details(cleaned: dict[str, Any]) -> dict[str, str]:
    """The detail for each question whose answer needs it."""
    return {
        key: cleaned[f"{key}_said"]
        for key in SAFETY_QUESTIONS
        if cleaned.get(f"{key}_said") and cleaned[key] != Answer.NO
    }


# --- Hopes, readiness, ratings -------------------------------------------------------------------------------


def add_hopes(form: BaseForm, whom: Whom) -> list[str]:
    """Add hopes, fears, limits, and what may be carried."""
    for key, (label, hint) in {**words.HOPES, "may_carry": words.MAY_CARRY}.items():
        form.fields[key] = CleanTextField(
            label=whom.fit(label), help_text=whom.fit(hint), required=False, rows=2
        )
    return [*words.HOPES, "may_carry"]


def hopes_reached(form: BaseForm) -> bool:
    return any(form.cleaned_data.get(key) for key in (*words.HOPES, "may_carry"))


def add_readiness(form: BaseForm, whom: Whom, *, required: bool = False) -> Section:
    """Add the readiness questions, each with a note, and the worker's judgement."""
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
        required=False,
        choices=Ready.choices,
        help_text="Leave empty to go by the answers: only when each is yes. You may judge otherwise, and say why.",
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
    """The note for each question."""
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
    """Require each question, and a reason if the judgement differs from the rules' result.

    An empty judgement takes the rules' result.
    """
    missing(form, list(READINESS_QUESTIONS))
    cleaned = form.cleaned_data
    given = [cleaned.get(key) for key in READINESS_QUESTIONS]
    if not all(given):
        return
    result = Ready.READY if all(value == Answer.YES for value in given) else Ready.NOT_YET
    cleaned["judgement"] = cleaned.get("judgement") or result
    if cleaned["judgement"] != result and not cleaned.get("reason") and "reason" not in form.errors:
        form.add_error(
            "reason", f"By the answers it is “{str(result.label).lower()}”. Say why you judge otherwise"
        )


def add_ratings(form: BaseForm) -> list[str]:
    """Add three private ratings; each may be left empty."""
    for key, (label, low, high) in words.RATINGS.items():
        form.fields[key] = RatingField(label=label, low=low, high=high, required=False)
    return list(words.RATINGS)


def ratings_of(cleaned: dict[str, Any]) -> dict[str, int | None]:
    return {key: cleaned.get(key) for key in words.RATINGS}
