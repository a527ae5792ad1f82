"""What the apps above must hear inside the very transaction that did it. Sent with send(), never send_robust():
a receiver that fails takes the change back with it."""

from django.dispatch import Signal

# Each is sent with referral=, party= (None where it concerns no one party), by=, at=.
withdrawn = Signal()  # an answer to taking part that is no longer a yes: withdrawn, no, not sure
stopped = Signal()  # a stop concern was raised
capacity_doubted = Signal()  # a doubt whether the party can decide this was noted
facilitator_lost = Signal()  # a facilitator left and no other remains
paused = Signal()
died = Signal()  # somebody in the referral has died: nothing of it is announced to anybody
closed = Signal()
contacted = Signal()  # something was done with a party: by= is who did it
share_ended = Signal()  # sharing with an organisation, organisation=, is no longer a yes
# The lead moved to another organisation, or came back. Nothing above needs to hear: whoever meets and whoever
# facilitates is the same, and workers are told by the outbox, which every change brings in line.
lead_moved = Signal()

ALL = {
    "withdrawn": withdrawn,
    "stopped": stopped,
    "capacity_doubted": capacity_doubted,
    "facilitator_lost": facilitator_lost,
    "paused": paused,
    "died": died,
    "closed": closed,
    "contacted": contacted,
    "share_ended": share_ended,
    "lead_moved": lead_moved,
}
