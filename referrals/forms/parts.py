"""Parts that several forms about one person share: start, safety, hopes, readiness, ratings. Each adds its fields
and validates them when reached. Contact routes are in reaching.py, consent in agreeing.py."""

from collections.abc import Sequence
from typing import Any

from django.forms import Field

from referrals.enums import (
    READINESS_QUESTIONS,
    READINESS_STOPS,
    SAFETY_QUESTIONS,
    Answer,
    How,
    Ready,
)
from referrals.forms import words
from referrals.forms.words import Question
from restorative.common.formfields import (
    CleanCharField,
    CleanTextField,
    RatingField,
    TicksField,
    YesNoNotSureField,
)
from restorative.common.forms import BaseForm, Section

STOP = "A no is recorded as a stop. With a no or not sure it is not the right time, whatever you judge."
NOT_YET = (
    "It is not the right time while {name} does not feel safe, is not free of pressure, or does not know that it is a "
    "free choice"
)
ALOUD, INTERPRETER = "aloud", "interpreter"
ANSWER = "Answer yes, no or not sure"
NOT_ALONE = "This cannot be saved as {name}’s answers unless {name} is alone. Come back later: what you typed is kept."
WANTED = ("helped", Answer.YES)


def answer(question: Question, **kwargs: Any) -> YesNoNotSureField:
    """A yes-no-not-sure row for a question, with its script."""
    return YesNoNotSureField(label=question.label, say=question.say, **kwargs)


def said(**kwargs: Any) -> CleanTextField:
    return CleanTextField(label="What did {name} say?", required=False, rows=2, **kwargs)


# --- Before you start ----------------------------------------------------------------------------------------


class StartedForm(BaseForm):
    """Add: alone? read aloud or an interpreter (`helped` has the earlier answers)? in person or by phone?"""

    alone = answer(words.ALONE)
    helped = answer(words.HELPED, yes_no=True)
    help_kinds = TicksField(
        label="What would help?",
        choices=[
            (ALOUD, "Read aloud and explained back"),
            (INTERPRETER, "An interpreter, who is not family"),
        ],
        shown_if=WANTED,
        needed="Choose what would help",
    )
    language = CleanCharField(label="Which language?", shown_if=WANTED, max_length=60, width="10")
    how = YesNoNotSureField(
        label="How are you talking?",
        choices=[(How.IN_PERSON, "In person"), (How.PHONE, "By phone")],
        initial=How.IN_PERSON,
        needed="Choose in person or by phone",
    )

    start = Section("Before you start", "alone", "helped", "help_kinds", "language", "how")

    def __init__(self, *args: Any, helped: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["helped"].initial = Answer.YES if helped else Answer.NO
        self.fields["help_kinds"].initial = list(helped)

    def clean(self) -> dict[str, Any]:
        """Require the kind of help and the language, if help is wanted."""
        cleaned = super().clean()
        if cleaned.get("helped") != Answer.YES:
            cleaned["help_kinds"], cleaned["language"] = [], ""
        elif INTERPRETER in cleaned.get("help_kinds", []):
            self.missing("Enter the language", "language")
        return cleaned


def check_alone(form: BaseForm) -> None:
    """If the person is not alone, skip all other validation; typed values are kept."""
    if form.cleaned_data.get("alone") in (Answer.NO, Answer.NOT_SURE):
        form.errors.clear()
        form.add_error("alone", form.whom.fit(NOT_ALONE))


def how_asked(cleaned: dict[str, Any]) -> How:
    """How the answers were taken."""
    return How.READ_ALOUD if ALOUD in cleaned["help_kinds"] else How(cleaned["how"])


# --- Is it safe? ---------------------------------------------------------------------------------------------


def safety(*, required: bool = False) -> dict[str, Field]:
    """The six safety questions, with a detail box for yes and not sure."""
    asked: dict[str, Field] = {}
    for key, question in words.SAFETY.items():
        asked[key] = answer(question, required=required)
        if question.leads_to:
            asked[f"{key}_said"] = said(help_text=question.leads_to, shown_if=(key, "yes", "not_sure"))
    return asked


SAFETY = Section(
    "Is it safe?",
    *safety(),
    intro="“Not sure” counts like yes until more is known. Nothing here is shown to the others.",
)


def safety_reached(form: BaseForm) -> bool:
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


HOPES: dict[str, Field] = {
    key: CleanTextField(label=label, help_text=hint, required=False, rows=2)
    for key, (label, hint) in {**words.HOPES, "may_carry": words.MAY_CARRY}.items()
}


def hopes_reached(form: BaseForm) -> bool:
    return any(form.cleaned_data.get(key) for key in HOPES)


def readiness() -> dict[str, Field]:
    """The readiness questions, each with a note, and the worker's judgement."""
    asked: dict[str, Field] = {}
    for key, question in words.READINESS.items():
        asked[key] = answer(question, required=False)
        if key in words.NOTED_ALWAYS:
            asked[f"{key}_note"] = CleanTextField(label="Note", required=False, rows=2)
        else:
            hint = STOP if key in READINESS_STOPS else ""
            asked[f"{key}_said"] = said(help_text=hint, shown_if=(key, "no", "not_sure"))
    asked["judgement"] = YesNoNotSureField(
        label="Your own judgement: is this the right time for {name}?",
        required=False,
        choices=Ready,
        help_text="Leave empty to go by the answers: only when each is yes. You may judge otherwise, and say why.",
    )
    asked["reason"] = CleanTextField(
        label="Why, if you judge otherwise than the answers", required=False, rows=2
    )
    return asked


READINESS = Section(
    "Is this the right time?",
    *readiness(),
    intro="Later is a good answer too. “Not sure” counts as not yet.",
)


def readiness_notes(cleaned: dict[str, Any]) -> dict[str, str]:
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
    form.missing(ANSWER, *READINESS_QUESTIONS)
    cleaned = form.cleaned_data
    given = [cleaned.get(key) for key in READINESS_QUESTIONS]
    if not all(given):
        return
    result = Ready.READY if all(value == Answer.YES for value in given) else Ready.NOT_YET
    cleaned["judgement"] = cleaned.get("judgement") or result
    if cleaned["judgement"] == Ready.READY and any(cleaned[key] != Answer.YES for key in READINESS_STOPS):
        form.add_error("judgement", form.whom.fit(NOT_YET))
    elif cleaned["judgement"] != result:
        form.missing(
            f"By the answers it is “{str(result.label).lower()}”. Say why you judge otherwise", "reason"
        )


def ratings(**kwargs: Any) -> dict[str, Field]:
    """Three private ratings; each may be left empty."""
    return {
        key: RatingField(label=label, low=low, high=high, required=False, **kwargs)
        for key, (label, low, high) in words.RATINGS.items()
    }


def ratings_of(cleaned: dict[str, Any]) -> dict[str, int | None]:
    return {key: cleaned.get(key) for key in words.RATINGS}
