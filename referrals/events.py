"""Events for the apps above, sent inside the transaction of the change, with send() and never send_robust():
a receiver that fails rolls the change back."""

from django.dispatch import Signal

# Each is sent with change=, the change it is part of, and party= (None if it concerns no single party).
withdrawn = Signal()  # an answer to taking part that is no longer a yes: withdrawn, no, not sure
stopped = Signal()  # a stop concern was raised
capacity_doubted = Signal()  # a doubt whether the party can decide this was recorded
facilitator_lost = Signal()  # a facilitator left and no other remains
paused = Signal()
died = Signal()  # a person in the referral has died: the service announces it to no one
closed = Signal()
contacted = Signal()  # an action with a party, by worker by=
share_ended = Signal()  # sharing with an organisation, organisation=, is no longer a yes
# There is no event for a lead that moves to another organisation or back: participants and facilitators stay the same,
# and the outbox, which every change updates, tells the workers.
lead_moved = Signal()
