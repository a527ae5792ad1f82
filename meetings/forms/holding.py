"""Facilitators who cannot come, and stand-ins. Choices are passed in; nothing is queried here."""

from restorative.common.formfields import ChoiceRadio, ChoiceSelect
from restorative.common.forms import BaseForm


class CannotComeForm(BaseForm):
    """Which of the workers who run the meeting cannot come."""

    user = ChoiceRadio(label="Who cannot be there?", choices="people")


class StandInForm(BaseForm):
    """Who stands in. Names are grouped by organisation."""

    user = ChoiceSelect(label="Who stands in?", choices="workers")
