import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import restorative.common.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_organisations"),
        ("referrals", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Venue",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="venues",
                        to="accounts.organisation",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("address", models.CharField(max_length=250)),
                ("capacity", models.PositiveSmallIntegerField()),
                ("step_free", models.BooleanField(default=False)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "name"), name="venue_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("capacity__gte", 2)),
                        name="venue_holds_two",
                        violation_error_message="A room holds at least two people.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Meeting",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meetings",
                        to="referrals.referral",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversation", "Restorative conversation"),
                            ("family", "Family meeting"),
                            ("indirect", "Indirect exchange"),
                        ],
                        max_length=20,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "venue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="meetings",
                        to="meetings.venue",
                    ),
                ),
                ("video", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "Booked"),
                            ("started", "Started"),
                            ("called_off", "Called off"),
                            ("took_place", "Took place"),
                            ("did_not_happen", "Did not happen"),
                            ("moved", "Moved"),
                        ],
                        default="booked",
                        max_length=20,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="meetings.meeting",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("already_happened", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "indexes": [
                    models.Index(fields=["starts_at", "status"], name="meeting_when"),
                    models.Index(fields=["referral", "status"], name="meeting_of_referral"),
                    models.Index(fields=["venue", "starts_at"], name="meeting_where"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="meeting_ends_after_it_starts",
                        violation_error_message="A meeting ends after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("started_at__isnull", True), ("started_by__isnull", True)),
                            models.Q(("started_at__isnull", False), ("started_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="meeting_started_when_and_who",
                        violation_error_message="A meeting that started says when and by whom.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["booked", "started"])),
                        fields=("referral",),
                        name="one_meeting_pending",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallOff",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_offs",
                        to="meetings.meeting",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.party",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("withdrew", "Someone no longer says yes"),
                            ("stop", "A stop was recorded"),
                            ("capacity", "A doubt whether someone can decide this"),
                            ("facilitator", "No facilitator"),
                            ("not_now", "Not now"),
                            ("closed", "The referral was closed"),
                            ("by_worker", "Called off by a worker"),
                        ],
                        max_length=20,
                    ),
                ),
                ("said_safe_at", models.DateTimeField(blank=True, null=True)),
                (
                    "said_safe_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("said_safe_at__isnull", True), ("said_safe_by__isnull", True)),
                            models.Q(("said_safe_at__isnull", False), ("said_safe_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="call_off_safe_when_and_who",
                        violation_error_message="That it is safe is said by somebody, at a time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at__isnull", True), ("released_by__isnull", True)),
                            models.Q(("released_at__isnull", False), ("released_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="call_off_released_when_and_who",
                        violation_error_message="A call-off is released by somebody, at a time.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attendance",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attendances",
                        to="meetings.meeting",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attendances",
                        to="referrals.party",
                    ),
                ),
                ("arrives_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("expected", "Expected"),
                            ("came", "Came"),
                            ("left_early", "Came, and left early"),
                            ("did_not_come", "Did not come"),
                        ],
                        default="expected",
                        max_length=20,
                    ),
                ),
            ],
            options={
                "ordering": ["arrives_at", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("meeting", "party"), name="once_at_a_meeting")
                ],
            },
        ),
        migrations.CreateModel(
            name="Agreement",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreed",
                        to="meetings.meeting",
                    ),
                ),
                ("words", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("if_difficult", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("no_actions", models.BooleanField(default=False)),
                ("nothing_agreed", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("nothing_agreed", False), ("no_actions", True), _connector="OR"),
                        name="actions_belong_to_something_agreed",
                        violation_error_message="Where nothing was agreed there is nothing that actions could be of.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="meetings.meeting",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="referrals.party",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("debrief", "Debrief"),
                            ("weeks_2", "2 weeks after"),
                            ("weeks_6", "6 weeks after"),
                            ("weeks_12", "12 weeks after"),
                        ],
                        max_length=20,
                    ),
                ),
                ("due_on", models.DateField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("talked", "Talked"),
                            ("rather_not", "Would rather not"),
                            ("not_reached", "Could not be reached"),
                            ("later_meeting", "Taken up with a later meeting"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("answers", restorative.common.fields.EncryptedJSONField(default=dict)),
                ("notes", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["due_on", "created_at", "id"],
                "indexes": [models.Index(fields=["done_at", "due_on"], name="follow_up_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("meeting", "party", "kind"), name="one_follow_up_of_a_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True), ("result", "")),
                            models.Q(
                                ("done_at__isnull", False),
                                ("done_by__isnull", False),
                                models.Q(("result", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="follow_up_done_when_who_and_how",
                        violation_error_message="A call that is done says when, by whom and what came of it.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="record",
                        to="meetings.meeting",
                    ),
                ),
                ("answers", restorative.common.fields.EncryptedJSONField(default=dict)),
                (
                    "apology_offered",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")],
                        max_length=10,
                    ),
                ),
                (
                    "apology_accepted",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")],
                        max_length=10,
                    ),
                ),
                (
                    "helped",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")], max_length=10
                    ),
                ),
                ("stopped_why", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Unavailable",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unavailable",
                        to="meetings.meeting",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("said_at", models.DateTimeField()),
                (
                    "said_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stand_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.involvement",
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "unavailable",
                "ordering": ["said_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=("meeting", "user"),
                        name="once_unavailable",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("settled_by__isnull", True)),
                            models.Q(("settled_at__isnull", False), ("settled_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="unavailable_settled_when_and_who",
                        violation_error_message="That it is settled is said by somebody, at a time.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="meetings.agreement",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreement_answers",
                        to="referrals.party",
                    ),
                ),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "answer",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("not_sure", "Not sure")], max_length=10
                    ),
                ),
                ("answered_at", models.DateTimeField()),
                (
                    "answered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["answered_at", "seq"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agreement", "party", "seq"), name="agreement_answers_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Action",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="meetings.agreement",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreed_actions",
                        to="referrals.party",
                    ),
                ),
                ("helper", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("what", restorative.common.fields.EncryptedTextField()),
                ("sign", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("due_on", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done"),
                            ("partly", "Partly done"),
                            ("not_done", "Not done"),
                            ("renegotiated", "Agreed anew"),
                            ("released", "No longer needed"),
                        ],
                        default="open",
                        max_length=20,
                    ),
                ),
                (
                    "becomes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="came_from",
                        to="meetings.action",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "due_on", "id"],
                "indexes": [models.Index(fields=["status", "due_on"], name="action_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("becomes__isnull", False), ("status", "renegotiated")),
                            models.Q(
                                models.Q(("status", "renegotiated"), _negated=True), ("becomes__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="agreed_anew_becomes_another",
                        violation_error_message="An action that is agreed anew names what it became, and only then.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follow_up",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="meetings.followup",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.party"
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("no_answer", "No answer"),
                            ("not_alone", "Not alone, or not a good moment"),
                            ("changed", "The number or address has changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("attempted_at", models.DateTimeField()),
                (
                    "attempted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["attempted_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ActionUpdate",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "action",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="updates",
                        to="meetings.action",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="action_updates",
                        to="referrals.party",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done"),
                            ("partly", "Partly done"),
                            ("not_done", "Not done"),
                            ("renegotiated", "Agreed anew"),
                            ("released", "No longer needed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["action", "-created_at"], name="action_update_newest")],
            },
        ),
    ]
