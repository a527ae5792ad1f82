"""The questions that a worker asks one person, with scripts that neither blame nor hurry. {name} is their first
name, {others} the people they would meet. The actions decide what an answer leads to."""

from dataclasses import dataclass

from referrals.enums import Purpose


@dataclass(frozen=True)
class Question:
    """A question, its script, and the concern to record for an answer that needs one."""

    label: str
    say: str
    leads_to: str = ""


A_STOP = (
    "This is recorded as a stop: a booked meeting is called off, and only a safeguarding lead can clear it."
)
A_SIGN_OFF = "This is recorded as a concern that a second person has to sign off before anybody meets."

ALONE = Question(
    "Is {name} alone, and able to talk freely?",
    "“Is this a good moment? Can anybody hear us, or come in?”",
)
HELPED = Question(
    "Does {name} want anything read aloud, or an interpreter?",
    "“I can read things out as we go. Would another language be easier?”",
)

SAFETY: dict[str, Question] = {
    "afraid": Question(
        "Is {name} afraid of anyone in this?",
        "“Lots of people we see have been scared of someone close to them, or have scared them. "
        "Is any of that true for you and {others}?”",
        A_STOP,
    ),
    "controlled": Question(
        "Does anyone control what {name} does, or who {name} sees?",
        "“Does anybody decide for you where you go, who you see or what you spend?”",
        A_STOP,
    ),
    "harmed": Question(
        "Has anyone in this ever hurt or threatened {name}?",
        "“Have you ever been hurt, pushed or threatened? You only need to tell me as much as you want to.”",
        A_SIGN_OFF,
    ),
    "has_harmed": Question(
        "Has {name} ever hurt or threatened anyone in this?",
        "“And the other way round? We ask everybody. It helps us to keep both of you safe.”",
        A_SIGN_OFF,
    ),
    "order": Question(
        "Does a court order, bail or licence say who {name} may be in touch with?",
        "“Are there any papers from a court, the police or probation about who you can see or speak to?”",
        A_STOP,
    ),
    "shares_home": Question(
        "Does {name} share a home with anyone in this?",
        "“Who lives at home with you just now?”",
    ),
}

READINESS: dict[str, Question] = {
    "own_idea": Question(
        "Is it {name}’s own idea, and sincere?",
        "“Whose idea was this? What would you like to come of it?”",
    ),
    "if_refused": Question(
        "Could {name} cope with a no from {others}?",
        "“It may be a no, and that is allowed. How would that be for you?”",
    ),
    "no_apology": Question(
        "Could {name} cope if nobody says sorry?",
        "“Sometimes there is no sorry. Would it still be worth it?”",
    ),
    "will_listen": Question(
        "Is {name} willing to listen?",
        "“You might hear things that are hard to hear. Could you stay with that for a while?”",
    ),
    "wants_better": Question(
        "Does {name} want things between them to be better?",
        "“If it went well, what would be different between you?”",
    ),
    "knows_voluntary": Question(
        "Does {name} know that it is a free choice?",
        "“You can say no now, or stop at any time. The help you get stays the same.”",
    ),
    "no_pressure": Question(
        "Is {name} free of pressure from anyone?",
        "“Is anybody hoping that you will do this, or telling you to?”",
    ),
    "feels_safe": Question(
        "Does {name} feel safe about it?",
        "“When you picture yourself in the room, how does that feel?”",
    ),
    "steady": Question(
        "Is {name} steady enough just now?",
        "“How have the last few weeks been? Would now be good, or later?”",
    ),
    "well": Question(
        "Is {name} well enough?",
        "“How are you in yourself? Sleep, health, how you feel?”",
    ),
    "needs_met": Question(
        "Does {name} have what they need to come?",
        "“What would help you to come: travel, language, childcare, someone beside you?”",
    ),
}
# Notes that are worth recording for every answer.
NOTED_ALWAYS = frozenset({"own_idea"})

CONSENT: dict[Purpose, Question] = {
    Purpose.TAKE_PART: Question(
        "Taking part",
        "“You can say no, and you can change your mind at any time. It makes no difference to the help you get.”",
    ),
    Purpose.SIGHT: Question(
        "Being sent what is agreed",
        "“Afterwards, would you like a copy of what you all agree?”",
    ),
    Purpose.EVALUATION: Question(
        "Answers used to make the service better",
        "“May we learn from your answers? Your name stays out of it.”",
    ),
    Purpose.SHOW_WORKER: Question(
        "The others knowing who {name}’s worker is",
        "“May the others know that I work with you, and where I work?”",
    ),
}
TO_THE_OTHER = "These are the words we would use. Is that how you would like it said? We can change anything."
STARTER = (
    "Hello {other}, it’s {worker}. {name} asked me to ring you about having a talk together. "
    "You don’t have to say yes."
)

# One question each for what a talk asks in full. {way} is the contact route: 'by text on 07700 900123'.
CHECK_IN: dict[str, Question] = {
    "still_yes": Question(
        "Still yes to taking part?",
        "“Is it still a yes? No is fine, and you do not need to say why.”",
        "No or not sure: a booked meeting is called off at once. The others hear nothing until it is safe.",
    ),
    "safe": Question(
        "Still safe, and nothing new?",
        "“Has anything made you afraid? Does anybody decide for you? Has anybody been hurt or threatened? Any papers "
        "from a court or the police? Do you still live where you did?”",
        "No or not sure: this is recorded as a stop, and a booked meeting is called off.",
    ),
    "well": Question("Well enough just now?", "“How are you in yourself?”"),
    "same_way": Question(
        "Still safe to reach {name} {way}?",
        "“Is that still the best way? Does anybody else look at it?”",
        "No or not sure: nothing is sent this way until a safe way is recorded.",
    ),
    "right_time": Question("Still the right time?", "“Would now be good, or later? Later is fine.”"),
}

HOPES: dict[str, tuple[str, str]] = {
    "hopes": ("What does {name} hope for?", ""),
    "fears": ("What is {name} worried about?", ""),
    "limits": ("What should not come up, or not happen?", ""),
}
MAY_CARRY = ("What may be carried to {others}, in {name}’s own words?", "Leave it empty if nothing may be.")

RATINGS: dict[str, tuple[str, str, str]] = {
    "relationship": ("How are things between you just now?", "as bad as can be", "as good as can be"),
    "safe": ("How safe do you feel about it?", "not safe at all", "as safe as can be"),
    "hope": ("How hopeful are you?", "no hope", "full of hope"),
}
