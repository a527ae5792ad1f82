"""The planner: day, times, place and arrivals; absences and stand-ins. The action decides what is possible."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from meetings.enums import MeetingKind
from restorative.common.formfields import (
    ChoiceRadio,
    ChoiceSelect,
    CleanCharField,
    DateField,
    TimeField,
    london,
)
from restorative.common.forms import BaseForm, Row, Section

VIDEO = "video"
USUAL_LENGTH = timedelta(minutes=90)
ARRIVALS = [
    ("0", "At the start"),
    ("10", "10 minutes before"),
    ("20", "20 minutes before"),
    ("30", "30 minutes before"),
    ("40", "40 minutes before"),
    ("50", "50 minutes before"),
    ("60", "An hour before"),
]


class BookForm(BaseForm):
    """When, where, and when each person arrives. Field names are those in the action's refusals."""

    on = DateField(
        label="Day",
        future=True,
        help_text="Like 3 March 2027, or tomorrow",
        needed="Enter the day",
    )
    starts_at = TimeField(label="Starts", help_text="Like 2pm", needed="Enter when it starts")
    ends_at = TimeField(label="Ends", required=False, help_text="Empty: 1½ hours later")
    kind = ChoiceRadio(
        label="Kind",
        choices=[MeetingKind.CONVERSATION, MeetingKind.FAMILY],
    )
    venue = ChoiceSelect(label="Room", choices="rooms", needed="Choose a room, or by video")
    video = CleanCharField(
        label="Video link",
        shown_if=("venue", VIDEO),
        needed="Enter the link people join by",
        max_length=300,
        help_text="Not sent by message: give it when you speak",
    )

    def __init__(
        self,
        *args: Any,
        rooms: Sequence[tuple[str, Any]] = (),
        people: Sequence[tuple[UUID, str]] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, rooms=[*rooms, (VIDEO, "By video")], **kwargs)
        self.people = people
        arrivals = []
        for index, (key, name) in enumerate(people):
            field = f"arrives_{key}"
            self.fields[field] = ChoiceSelect(
                label=f"{name} arrives", choices=ARRIVALS, initial=str(min(index * 10, 60)), required=False
            )
            arrivals.append(field)
        self.layout = [
            Section("When and where", Row("on", "starts_at", "ends_at"), "venue", "video"),
            Section(
                "Who comes",
                "kind",
                Row(*arrivals),
                intro="They arrive a few minutes apart, so that nobody waits together.",
            ),
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        day, starts, ends = said.get("on"), said.get("starts_at"), said.get("ends_at")
        if day and starts:
            self._moment("starts_at", day, starts)
            if "starts_at" in self.cleaned_data and ends:
                self._moment("ends_at", day, ends)
            elif "starts_at" in self.cleaned_data and "ends_at" not in self.errors:
                self.cleaned_data["ends_at"] = self.cleaned_data["starts_at"] + USUAL_LENGTH
        if self.shows("video") and not said.get("video", "https://").lower().startswith("https://"):
            self.add_error("video", "A video link starts with https://")
        return self.cleaned_data

    def _moment(self, name: str, day: Any, time: Any) -> None:
        try:
            self.cleaned_data[name] = london(day, time)
        except ValidationError as wrong:
            self.add_error(name, wrong)

    def arrivals(self) -> dict[UUID, datetime]:
        """When each person arrives, by their id, for a valid form."""
        starts: datetime = self.cleaned_data["starts_at"]
        return {
            key: starts - timedelta(minutes=int(self.cleaned_data[f"arrives_{key}"]))
            for key, _ in self.people
            if self.cleaned_data.get(f"arrives_{key}")
        }


class CannotComeForm(BaseForm):
    user = ChoiceRadio(label="Who cannot be there?", choices="people")


class StandInForm(BaseForm):
    """Who stands in. Names are grouped by organisation."""

    user = ChoiceSelect(label="Who stands in?", choices="workers")
