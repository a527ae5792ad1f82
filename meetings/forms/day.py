"""The day of the meeting and after: day-of check, start, call off, release, record."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.forms import Field

from meetings.enums import RECORD_PROMPTS, Came, Offered
from referrals.enums import DAY_QUESTIONS
from restorative.common.formfields import ChoiceRadio, CleanTextField, YesNoNotSureField
from restorative.common.forms import BaseForm, Section, also_asks

CAME = [(Came.CAME, "Came"), (Came.LEFT_EARLY, "Left early"), (Came.DID_NOT_COME, "Did not come")]
SAY_TODAY = {
    "well": "“How are you today? Anything that makes today hard?”",
    "safe": "“Is there anything that would make it unsafe for you to go ahead?”",
    "still_yes": "“You can still say no, now or later. Do you still want to?”",
    "decides": "Can they follow what today is, weigh it up and tell you what they want?",
}


class CameField(ChoiceRadio):
    kind = "answer"


@also_asks(
    {key: YesNoNotSureField(label=str(label), say=SAY_TODAY[key]) for key, label in DAY_QUESTIONS.items()}
)
class DayCheckForm(BaseForm):
    note = CleanTextField(label="Note", help_text="Only {name}’s side sees this", required=False, rows=2)
    layout = [Section("Ask {name}, alone", *DAY_QUESTIONS), "note"]


class SafeForm(BaseForm):
    safe_today = YesNoNotSureField(
        label="Is it safe for {name} if the others hear today?",
        say="Ask them, alone. “If the others hear today that it is not happening, are you safe?”",
    )


def prompts(rows: int) -> dict[str, Field]:
    """A box for each prompt of a record."""
    return {
        key: CleanTextField(label=str(label), required=False, rows=rows)
        for key, label in RECORD_PROMPTS.items()
    }


@also_asks(prompts(rows=3))
class RecordForm(BaseForm):
    apology_offered = YesNoNotSureField(label="Was an apology offered?", required=False)
    apology_accepted = YesNoNotSureField(
        label="Was it accepted?", shown_if=("apology_offered", Offered.YES, Offered.NOT_SURE)
    )
    helped = YesNoNotSureField(label="Did it help?", required=False)
    stopped_why = CleanTextField(
        label="If it stopped early: why?", required=False, rows=2, help_text="Facts, without blame"
    )

    def __init__(
        self,
        *args: Any,
        people: Sequence[tuple[UUID, str]] = (),
        supporters: Collection[UUID] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.meeting_each_other = [key for key, _ in people if key not in supporters]
        came = [f"came_{key}" for key, _ in people]
        for key, name in people:
            self.fields[f"came_{key}"] = CameField(choices=CAME, label=f"Did {name} come?")
        self.layout = [
            Section("Who came", *came),
            Section(
                "What may be noted",
                *RECORD_PROMPTS,
                intro="Only what each person agrees may be noted. Leave a box empty where nothing was agreed.",
            ),
            Section("How it went", "apology_offered", "apology_accepted", "helped", "stopped_why"),
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        came = (Came.CAME, Came.LEFT_EARLY)
        there = [key for key in self.meeting_each_other if said.get(f"came_{key}") in came]
        if len(there) >= 2:
            self.missing("Answer yes, no or not sure", "helped")
        return said
