import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import restorative.common.fields
import restorative.common.references


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_organisations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Referral",
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
                    "reference",
                    models.CharField(
                        default=restorative.common.references.new_reference,
                        editable=False,
                        max_length=12,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversation", "Restorative conversation"),
                            ("family", "Family meeting"),
                            ("not_sure", "Not sure yet"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        default="logged",
                        max_length=20,
                    ),
                ),
                (
                    "paused_from",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("review_on", models.DateField(blank=True, null=True)),
                (
                    "lead_organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                ("logged_at", models.DateTimeField()),
                ("last_activity_at", models.DateTimeField()),
                ("first_ready_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("stale", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-logged_at", "id"],
                "indexes": [
                    models.Index(fields=["-logged_at", "id"], name="referral_logged"),
                    models.Index(fields=["lead", "stage"], name="referral_lead_stage"),
                    models.Index(fields=["lead_organisation", "stage"], name="referral_org_stage"),
                    models.Index(condition=models.Q(("stale", True)), fields=["id"], name="referral_stale"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("review_on__isnull", False),
                                ("stage", "paused"),
                                models.Q(("paused_from", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("stage", "paused"), _negated=True),
                                ("paused_from", ""),
                                ("review_on__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="paused_has_review_date",
                        violation_error_message="A referral that is paused has a review date, and only then.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", False),
                                ("closed_by__isnull", False),
                                ("stage", "closed"),
                            ),
                            models.Q(
                                models.Q(("stage", "closed"), _negated=True),
                                ("closed_at__isnull", True),
                                ("closed_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="closed_has_when_and_who",
                        violation_error_message="A closed referral says when and by whom.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
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
                        related_name="people",
                        to="accounts.organisation",
                    ),
                ),
                ("given", models.CharField(max_length=100)),
                ("family", models.CharField(blank=True, max_length=100)),
                ("name_key", models.CharField(blank=True, editable=False, max_length=220)),
                ("born_on", models.DateField(blank=True, null=True)),
                ("pronouns", models.CharField(blank=True, max_length=30)),
                ("language", models.CharField(blank=True, max_length=60)),
                ("access_needs", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("died_on", models.DateField(blank=True, null=True)),
                ("died_recorded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "died_recorded_by",
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
                "ordering": ["given", "family", "id"],
                "indexes": [
                    models.Index(fields=["organisation", "given"], name="person_given"),
                    models.Index(fields=["organisation", "family"], name="person_family"),
                    models.Index(
                        fields=["name_key"], name="person_name_key", opclasses=["varchar_pattern_ops"]
                    ),
                    models.Index(fields=["born_on"], name="person_born_on"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("died_on__isnull", True),
                                ("died_recorded_at__isnull", True),
                                ("died_recorded_by__isnull", True),
                            ),
                            models.Q(
                                ("died_on__isnull", False),
                                ("died_recorded_at__isnull", False),
                                ("died_recorded_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="person_died_when_and_who",
                        violation_error_message="That somebody died is recorded by somebody, at a time.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InformationSheet",
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
                ("version", models.PositiveIntegerField(unique=True)),
                ("words", models.TextField()),
                ("published_at", models.DateTimeField()),
                ("materially_changed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["version"],
            },
        ),
        migrations.CreateModel(
            name="Bar",
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
                        related_name="bars",
                        to="referrals.referral",
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
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                ("reason", restorative.common.fields.EncryptedTextField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lifted_by",
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
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("referral", "user"),
                        name="barred_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                            models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="bar_lifted_when_and_who",
                        violation_error_message="A bar that was lifted says when and by whom.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordsCheck",
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
                        related_name="records_checks",
                        to="referrals.referral",
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("matched_at", models.DateTimeField(blank=True, null=True)),
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
                "ordering": ["asked_at", "id"],
                "indexes": [models.Index(fields=["released_at", "asked_at"], name="records_check_waiting")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at__isnull", True), ("released_by__isnull", True)),
                            models.Q(("released_at__isnull", False), ("released_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="records_check_released_when_and_who",
                        violation_error_message="A records check that was released says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="records_check_done_when_and_who",
                        violation_error_message="A records check that is done says when and by whom.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Party",
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
                        related_name="parties",
                        to="referrals.referral",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parties",
                        to="referrals.person",
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("in_treatment", "person in treatment"),
                            ("in_recovery", "person in recovery"),
                            ("partner", "partner"),
                            ("ex_partner", "ex-partner"),
                            ("co_parent", "co-parent"),
                            ("parent", "parent"),
                            ("child", "child"),
                            ("sibling", "sibling"),
                            ("other_family", "other family"),
                            ("friend", "friend"),
                            ("supporter", "supporter"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "beside",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supporters",
                        to="referrals.party",
                    ),
                ),
                ("known_as", models.CharField(max_length=100)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("keyworker", "Their keyworker suggested it"),
                            ("person", "They asked for it themselves"),
                            ("family", "A family member asked"),
                            ("carers", "Carers Leeds asked"),
                        ],
                        max_length=20,
                    ),
                ),
                ("hoped_for", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "keyworker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                (
                    "left_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("forgotten_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "parties",
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(fields=["keyworker", "left_at"], name="party_keyworker"),
                    models.Index(fields=["organisation", "left_at"], name="party_organisation"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at__isnull", True)),
                        fields=("referral", "person"),
                        name="one_place_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("beside__isnull", False), ("place", "supporter")),
                            models.Q(
                                models.Q(("place", "supporter"), _negated=True), ("beside__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="supporters_are_beside_somebody",
                        violation_error_message="A supporter is beside one participant, and only a supporter is.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("forgotten_at__isnull", True),
                                ("left_at__isnull", True),
                                ("left_by__isnull", True),
                            ),
                            models.Q(("left_at__isnull", False), ("left_by__isnull", False)),
                            models.Q(("forgotten_at__isnull", False), ("left_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="party_left_when_and_who",
                        violation_error_message="A party that left says when, and by whom unless its record went by itself.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.person"
                    ),
                ),
                ("sounds", models.CharField(max_length=32)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["sounds", "person"], name="name_sounds")],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "sounds"), name="a_sound_once_a_person")
                ],
            },
        ),
        migrations.CreateModel(
            name="StageChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stage_changes",
                        to="referrals.referral",
                    ),
                ),
                ("step", models.CharField(max_length=30)),
                (
                    "from_stage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_stage",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        max_length=20,
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
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["referral", "-id"], name="stage_change_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("party__isnull", False), ("released_at__isnull", True), _connector="OR"
                        ),
                        name="only_sealed_steps_are_released",
                        violation_error_message="Only a step that came from one party waits for release.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suitability",
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
                        related_name="suitabilities",
                        to="referrals.referral",
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
                    "decision",
                    models.CharField(
                        choices=[("yes", "Suitable now"), ("not_now", "Not now"), ("no", "Not suitable")],
                        max_length=10,
                    ),
                ),
                ("reason", restorative.common.fields.EncryptedTextField()),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["decided_at", "id"],
                "indexes": [models.Index(fields=["referral", "-decided_at"], name="suitability_newest")],
            },
        ),
        migrations.CreateModel(
            name="Closure",
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
                        related_name="closures",
                        to="referrals.referral",
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
                    "outcome",
                    models.CharField(
                        choices=[
                            ("met_kept", "Met, agreement kept"),
                            ("met_partly_kept", "Met, agreement partly kept"),
                            ("met_not_kept", "Met, agreement not kept"),
                            ("met_helped", "Met, no agreement but it helped"),
                            ("met", "Met"),
                            ("indirect_done", "Indirect exchange done"),
                            ("not_going_ahead", "Not going ahead"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("did_not_want", "Someone did not want to"),
                            ("withdrew", "Someone withdrew"),
                            ("could_not_reach", "Could not reach someone"),
                            ("not_the_time", "Not the right time"),
                            ("not_safe", "Not safe"),
                            ("not_suitable", "Not suitable"),
                            ("nobody_available", "Nobody or no place available"),
                            ("other_help", "Other help chosen"),
                            ("moved", "Moved to another organisation"),
                            ("died", "Died"),
                            ("duplicate", "Duplicate"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "stopped_at_stage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        max_length=20,
                    ),
                ),
                ("why_open_items", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome", "not_going_ahead"),
                                models.Q(("reason", ""), _negated=True),
                                models.Q(("stopped_at_stage", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("outcome", "not_going_ahead"), _negated=True),
                                ("reason", ""),
                                ("stopped_at_stage", ""),
                            ),
                            _connector="OR",
                        ),
                        name="not_going_ahead_has_a_reason",
                        violation_error_message="A reason and a stage are given when it does not go ahead, and only then.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactRoute",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routes",
                        to="referrals.party",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("phone", "Phone call"),
                            ("email", "Email"),
                            ("post", "Post"),
                            ("in_person", "In person, at a named appointment"),
                            ("through", "Through an agreed worker or supporter"),
                        ],
                        max_length=20,
                    ),
                ),
                ("value", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("value_key", models.CharField(blank=True, default="", max_length=64)),
                ("allowed", models.BooleanField()),
                ("read_by_others", models.BooleanField(default=True)),
                ("screen_private", models.BooleanField(default=False)),
                (
                    "days",
                    models.CharField(
                        choices=[
                            ("any", "Any day"),
                            ("weekdays", "Monday to Friday"),
                            ("weekend", "Saturday and Sunday"),
                            ("monday", "Mondays only"),
                            ("tuesday", "Tuesdays only"),
                            ("wednesday", "Wednesdays only"),
                            ("thursday", "Thursdays only"),
                            ("friday", "Fridays only"),
                            ("saturday", "Saturdays only"),
                            ("sunday", "Sundays only"),
                        ],
                        default="any",
                        max_length=20,
                    ),
                ),
                (
                    "hours",
                    models.CharField(
                        choices=[
                            ("any", "Any time in the day"),
                            ("morning", "Mornings, before 12"),
                            ("afternoon", "Afternoons, 12 to 5pm"),
                            ("evening", "After 5pm"),
                        ],
                        default="any",
                        max_length=20,
                    ),
                ),
                (
                    "voicemail",
                    models.CharField(
                        choices=[("no", "No message"), ("first_name", "First name and number only")],
                        default="no",
                        max_length=20,
                    ),
                ),
                ("cover", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(fields=["party", "replaced_at"], name="route_current"),
                    models.Index(fields=["value_key"], name="route_value_key"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at__isnull", True)),
                        fields=("party", "kind"),
                        name="one_current_route_a_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="route_confirmed_when_and_who",
                        violation_error_message="A confirmed route says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("allowed", True),
                            ("kind__in", ["text", "email", "post"]),
                            ("read_by_others", True),
                            _negated=True,
                        ),
                        name="written_routes_are_private",
                        violation_error_message="Someone else reads these messages, so this route cannot be used.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approach",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approaches",
                        to="referrals.party",
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("text", "Text"),
                            ("phone", "Phone call"),
                            ("email", "Email"),
                            ("post", "Post"),
                            ("in_person", "In person, at a named appointment"),
                            ("through", "Through an agreed worker or supporter"),
                        ],
                        max_length=20,
                    ),
                ),
                ("wording", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("asked_first", models.BooleanField(default=False)),
                ("told_unprompted", models.BooleanField(default=False)),
                ("told_us", restorative.common.fields.EncryptedJSONField(blank=True, default=dict)),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("not_yet", "Not approached yet"),
                            ("waiting", "Waiting for an answer"),
                            ("could_not_reach", "Could not reach"),
                            ("answered", "Answered"),
                            ("do_not_approach", "Said no, do not approach"),
                        ],
                        default="not_yet",
                        max_length=20,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "approaches",
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["party", "-created_at"], name="approach_newest")],
            },
        ),
        migrations.CreateModel(
            name="KeptLonger",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept_longer",
                        to="referrals.party",
                    ),
                ),
                ("until", models.DateTimeField()),
                ("reason", restorative.common.fields.EncryptedTextField()),
            ],
            options={
                "verbose_name_plural": "kept longer",
                "ordering": ["created_at", "id"],
                "constraints": [models.UniqueConstraint(fields=("party",), name="kept_longer_once")],
            },
        ),
        migrations.CreateModel(
            name="Invited",
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
                        related_name="invited",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.party"
                    ),
                ),
                ("name", restorative.common.fields.EncryptedTextField()),
                ("organisation", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=120)),
                ("left_out_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "invited",
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Grant",
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
                        related_name="grants",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="referrals.party",
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
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("emergency", "Emergency"),
                            ("cover", "Covering for a colleague"),
                            ("reading", "Reading for governance"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", restorative.common.fields.EncryptedTextField()),
                ("until", models.DateTimeField()),
                ("given_at", models.DateTimeField(blank=True, null=True)),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_by",
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
                "indexes": [
                    models.Index(fields=["user", "referral", "until"], name="grant_of_worker"),
                    models.Index(fields=["organisation", "-created_at"], name="grant_of_organisation"),
                    models.Index(fields=["-created_at", "-id"], name="grant_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("given_at__isnull", True), ("given_by__isnull", True)),
                            models.Q(("given_at__isnull", False), ("given_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grant_given_when_and_who",
                        violation_error_message="Access that was given says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grant_ended_when_and_who",
                        violation_error_message="Access that was ended says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "emergency"),
                            ("given_by__isnull", True),
                            models.Q(("given_by", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="grant_needs_a_second_person",
                        violation_error_message="Nobody gives access to themselves, but in an emergency.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Concern",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="concerns",
                        to="referrals.party",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order", "An order, bail or licence bars contact"),
                            ("coercive_control", "Coercive control now"),
                            ("high_risk", "High DASH, or live at MARAC"),
                            ("threats", "Threats or pressure to attend"),
                            ("says_not_safe", "They say it is not safe"),
                            ("no_capacity", "Cannot decide this for themselves"),
                            ("nothing_to_put_right", "Sees nothing to put right"),
                            ("acute_crisis", "Acute mental-health crisis"),
                            ("under_16", "Under 16, without competence or authority"),
                            (
                                "on_the_day",
                                "On the day: intoxicated, in withdrawal, weapon, or an extra person",
                            ),
                            ("past_abuse", "Abuse in the past"),
                            ("child", "A child taking part, or open safeguarding"),
                            ("lapse", "Lapse, overdose, detox or an unplanned change in the last 28 days"),
                            ("recent_crisis", "A recent crisis"),
                            ("live_case", "A live family or criminal case"),
                            (
                                "dependence",
                                "Depends on the other for money, home or care, and fears losing it",
                            ),
                            ("attorney", "Somebody in this holds power of attorney for another"),
                            ("went_badly", "An earlier meeting went badly"),
                            ("conflict", "A conflict of interest for the facilitator"),
                        ],
                        max_length=30,
                    ),
                ),
                ("detail", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("order", restorative.common.fields.EncryptedJSONField(blank=True, default=dict)),
                ("raised_at", models.DateTimeField()),
                (
                    "raised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cleared_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("evidence", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("seen_alone_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "ordering": ["raised_at", "id"],
                "indexes": [models.Index(fields=["party", "cleared_at", "kind"], name="concern_open")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cleared_at__isnull", True), ("cleared_by__isnull", True)),
                            models.Q(("cleared_at__isnull", False), ("cleared_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="concern_cleared_when_and_who",
                        violation_error_message="A concern that was cleared says when and by whom.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtectiveShare",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="protective_shares",
                        to="referrals.party",
                    ),
                ),
                (
                    "to",
                    models.CharField(
                        choices=[
                            ("police", "the police"),
                            ("front_door", "the Front Door Safeguarding Hub"),
                            ("marac", "MARAC"),
                            ("gp", "a GP"),
                            ("ambulance", "the ambulance service"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", restorative.common.fields.EncryptedTextField()),
                ("content", restorative.common.fields.EncryptedTextField()),
                ("shared_at", models.DateTimeField()),
                (
                    "shared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "looked_by",
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
                "ordering": ["shared_at", "id"],
                "indexes": [models.Index(fields=["party", "looked_at"], name="share_to_look_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("looked_at__isnull", True), ("looked_by__isnull", True)),
                            models.Q(("looked_at__isnull", False), ("looked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="share_looked_at_when_and_who",
                        violation_error_message="A protective share that was looked at says when and by whom.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="referrals.party",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("take_part", "Taking part"),
                            ("words", "The words used to reach the other person"),
                            ("share", "Sharing with a named organisation"),
                            ("professional", "An invited professional being there"),
                            ("sight", "Being sent what was agreed"),
                            ("evaluation", "Answers used to make the service better"),
                            ("carry", "Carrying these words to the other person"),
                            ("second_worker", "A second worker, or a stand-in"),
                            ("show_worker", "The others knowing my worker and organisation"),
                        ],
                        max_length=20,
                    ),
                ),
                ("recipient", models.UUIDField(default=uuid.UUID("00000000-0000-0000-0000-000000000000"))),
                ("seq", models.PositiveIntegerField()),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("yes", "Yes"),
                            ("no", "No"),
                            ("not_sure", "Not sure"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                ("heard_alone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "heard_alone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.informationsheet",
                    ),
                ),
                ("wording", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("in_person", "In person"),
                            ("read_aloud", "Read aloud and explained back"),
                            ("phone", "By phone"),
                            ("paper", "On signed paper"),
                            ("link", "By link"),
                        ],
                        max_length=20,
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=60)),
                ("interpreter", models.BooleanField(default=False)),
                (
                    "capacity",
                    models.CharField(
                        choices=[("clear", "No doubt"), ("doubt", "There is a doubt")],
                        default="clear",
                        max_length=10,
                    ),
                ),
                ("why_back", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("counts_from", models.DateTimeField()),
                ("expires_on", models.DateField()),
                ("taken_at", models.DateTimeField()),
                (
                    "taken_by",
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
                "ordering": ["taken_at", "seq"],
                "indexes": [
                    models.Index(fields=["party", "purpose", "recipient", "-seq"], name="consent_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("party", "purpose", "recipient", "seq"), name="one_answer_a_seq"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("heard_alone_at__isnull", True), ("heard_alone_by__isnull", True)),
                            models.Q(("heard_alone_at__isnull", False), ("heard_alone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="consent_heard_when_and_who",
                        violation_error_message="A consent heard alone says when and by whom.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.referral"
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.party",
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("section", models.PositiveSmallIntegerField()),
                ("principal", models.CharField(max_length=60)),
                ("thing", models.UUIDField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("starts_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("safety", models.BooleanField(default=False)),
                ("second_person", models.BooleanField(default=False)),
                (
                    "not_for",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "duties",
                "indexes": [models.Index(fields=["principal", "section", "due_at"], name="duty_list")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True),
                            ("ends_at__gte", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="duty_ends_after_it_starts",
                        violation_error_message="A duty ends after it starts.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Handoff",
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
                        related_name="handoffs",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handoffs",
                        to="referrals.party",
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("lead", "Lead"), ("help", "Help one person")], max_length=10),
                ),
                (
                    "from_org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "to_org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "Not opened yet"),
                            ("seen", "Opened, not answered yet"),
                            ("question", "They asked a question"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("returned", "Given back"),
                            ("completed", "Completed"),
                        ],
                        default="sent",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                ("packet", restorative.common.fields.EncryptedJSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("consents", models.JSONField(default=list)),
                ("told", restorative.common.fields.EncryptedTextField()),
                ("reply_by", models.DateField()),
                ("sent_at", models.DateTimeField()),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_kind",
                    models.CharField(
                        blank=True,
                        choices=[("lead", "Lead"), ("help", "Help one person")],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "decline_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_capacity", "No capacity"),
                            ("out_of_scope", "Not what we do"),
                            ("not_safe", "Not safe"),
                            ("no_consent", "No consent"),
                            ("duplicate", "We already have this"),
                            ("conflict", "A conflict of interest"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("moved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "moved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("moved", models.JSONField(blank=True, default=list)),
                (
                    "lead_before",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_for",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.party",
                    ),
                ),
                (
                    "stood_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sent", "Not opened yet"),
                            ("seen", "Opened, not answered yet"),
                            ("question", "They asked a question"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("returned", "Given back"),
                            ("completed", "Completed"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("why_returned", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("outcome_done", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("outcome_went", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("outcome_next", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["sent_at", "id"],
                "indexes": [
                    models.Index(fields=["to_org", "state", "sent_at"], name="handoff_inbox"),
                    models.Index(fields=["from_org", "state", "sent_at"], name="handoff_sent"),
                    models.Index(fields=["referral", "state"], name="handoff_of_referral"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "lead"), ("state__in", ("sent", "seen", "question"))),
                        fields=("referral", "to_org"),
                        name="one_open_lead_handoff",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "help"), ("state__in", ("sent", "seen", "question"))),
                        fields=("party", "to_org"),
                        name="one_open_help_handoff",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("from_org", models.F("to_org")), _negated=True),
                        name="handoff_goes_to_another",
                        violation_error_message="A request goes to another organisation.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "help"), ("party__isnull", False)),
                            models.Q(("kind", "lead"), ("party__isnull", True)),
                            models.Q(("decided_kind", "help"), ("kind", "lead"), ("party__isnull", False)),
                            _connector="OR",
                        ),
                        name="help_is_for_somebody",
                        violation_error_message="Help is for one person; leading is for all.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_at__isnull", True), ("seen_by__isnull", True)),
                            models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="handoff_seen_when_and_who",
                        violation_error_message="A request that was opened says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="handoff_decided_when_and_who",
                        violation_error_message="An answer says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True), ("state__in", ("sent", "seen", "question"))
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state__in", ("accepted", "declined", "returned", "completed")),
                            ),
                            ("state", "withdrawn"),
                            _connector="OR",
                        ),
                        name="handoff_answered_or_not",
                        violation_error_message="A request is answered once it was decided, and only then.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "accepted"), _negated=True),
                            models.Q(
                                ("receiver__isnull", False),
                                ("starts_on__isnull", False),
                                models.Q(("decided_kind", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="accepted_says_who_and_from_when",
                        violation_error_message="What is accepted says who takes it, as what, and from when.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "declined"), models.Q(("decline_code", ""), _negated=True)),
                            models.Q(models.Q(("state", "declined"), _negated=True), ("decline_code", "")),
                            _connector="OR",
                        ),
                        name="declined_says_why",
                        violation_error_message="A request that is declined says why, and only then.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("moved_at__isnull", True), ("moved_by__isnull", True)),
                            models.Q(("moved_at__isnull", False), ("moved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="handoff_moved_when_and_who",
                        violation_error_message="First contact says when and by whom.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", False),
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="handoff_ended_when_and_who",
                        violation_error_message="What has ended says when.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_for__isnull", True), ("stood_as", "")),
                            models.Q(
                                ("ended_for__isnull", False),
                                ("state", "withdrawn"),
                                models.Q(("stood_as", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="handoff_stood_as_it_was",
                        violation_error_message="What ended over one person's answer says how it stood.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Involvement",
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
                        related_name="involvements",
                        to="referrals.referral",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="involvements",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("lead", "Lead"),
                            ("keyworker", "Keyworker"),
                            ("facilitator", "Facilitator"),
                            ("second_worker", "Second worker"),
                            ("stand_in", "Stand-in"),
                            ("receiver", "Receiver of a handoff"),
                            ("cover", "Opened by a grant"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="involvements",
                        to="referrals.party",
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["since", "id"],
                "indexes": [
                    models.Index(fields=["referral", "user"], name="involvement_of_referral"),
                    models.Index(fields=["user", "until"], name="involvement_of_user"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("part__in", ("facilitator", "second_worker", "stand_in")),
                            ("until__isnull", True),
                        ),
                        fields=("referral", "user"),
                        name="one_current_part_each",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("part", "keyworker"), ("until__isnull", True)),
                        fields=("party",),
                        name="one_keyworker_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("part", "lead"), ("until__isnull", True)),
                        fields=("referral",),
                        name="one_lead_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until__isnull", True), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="involvement_ends_after_it_starts",
                        violation_error_message="A part ends after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("part__in", ("keyworker", "receiver", "cover")), ("party__isnull", False)
                            ),
                            models.Q(
                                models.Q(("part__in", ("keyworker", "receiver", "cover")), _negated=True),
                                ("party__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="parts_of_one_party_name_it",
                        violation_error_message="A keyworker, a receiver and cover are for one party; other parts for none.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
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
                        related_name="notes",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="referrals.party",
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("side", "One person’s side"),
                            ("all", "Everyone who works on this referral"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("note", "Note"),
                            ("call", "Phone call"),
                            ("seen", "Seen in person"),
                            ("written", "Text, email or letter"),
                            ("colleague", "Talked with a colleague"),
                        ],
                        max_length=20,
                    ),
                ),
                ("text", restorative.common.fields.EncryptedTextField()),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="referrals.note",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(fields=["referral", "-created_at"], name="note_of_referral"),
                    models.Index(fields=["party", "-created_at"], name="note_of_party"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "side"), ("party__isnull", False)),
                            models.Q(("audience", "all"), ("party__isnull", True)),
                            _connector="OR",
                        ),
                        name="note_of_a_side_has_a_party",
                        violation_error_message="A note for one person’s side names the person, and only such a note does.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Preparation",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preparations",
                        to="referrals.party",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("in_person", "In person"), ("phone", "By phone"), ("video", "By video")],
                        max_length=20,
                    ),
                ),
                ("answers", restorative.common.fields.EncryptedJSONField(default=dict)),
                ("may_carry", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("held_at", models.DateTimeField()),
                (
                    "held_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["held_at", "id"],
                "indexes": [models.Index(fields=["party", "-held_at"], name="preparation_newest")],
            },
        ),
        migrations.CreateModel(
            name="Rating",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ratings",
                        to="referrals.party",
                    ),
                ),
                (
                    "point",
                    models.CharField(
                        choices=[
                            ("before", "Before"),
                            ("six_weeks", "After 6 weeks"),
                            ("twelve_weeks", "After 12 weeks"),
                        ],
                        max_length=20,
                    ),
                ),
                ("relationship", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("safe", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("hope", models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["party", "point"], name="rating_point")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("relationship__isnull", True), ("relationship__lte", 10), _connector="OR"
                        ),
                        name="relationship_rated_0_to_10",
                        violation_error_message="A rating is from 0 to 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("safe__isnull", True), ("safe__lte", 10), _connector="OR"),
                        name="safe_rated_0_to_10",
                        violation_error_message="A rating is from 0 to 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hope__isnull", True), ("hope__lte", 10), _connector="OR"),
                        name="hope_rated_0_to_10",
                        violation_error_message="A rating is from 0 to 10.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "referral",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.party",
                    ),
                ),
                ("principal", models.CharField(max_length=60)),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("shell", "Sees the referral"),
                            ("open", "Opens a compartment"),
                            ("safety", "Opens concerns and safety answers"),
                            ("excluded", "Of another side"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "sheet",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.informationsheet",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "access",
                "indexes": [
                    models.Index(
                        fields=["principal", "level"],
                        include=("referral", "party", "organisation", "starts_at", "ends_at"),
                        name="access_of_principal",
                    ),
                    models.Index(
                        fields=["referral", "level"],
                        include=("principal", "party", "organisation", "starts_at", "ends_at"),
                        name="access_of_referral",
                    ),
                    models.Index(
                        fields=["party", "level"],
                        include=("principal", "referral", "organisation", "starts_at", "ends_at"),
                        name="access_of_party",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level", "shell"), ("party__isnull", False), _connector="OR"),
                        name="compartments_are_of_one_party",
                        violation_error_message="A compartment belongs to one party.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SafetyAnswers",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="safety_answers",
                        to="referrals.party",
                    ),
                ),
                ("asked_alone", models.BooleanField()),
                ("shares_home", models.BooleanField()),
                ("answers", restorative.common.fields.EncryptedJSONField(default=dict)),
                ("asked_at", models.DateTimeField()),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "safety answers",
                "ordering": ["asked_at", "id"],
                "indexes": [models.Index(fields=["party", "-asked_at"], name="safety_newest")],
            },
        ),
        migrations.CreateModel(
            name="ReadinessCheck",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readiness_checks",
                        to="referrals.party",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("full", "Full check"), ("check_in", "Check-in"), ("day", "Day-of check")],
                        max_length=10,
                    ),
                ),
                ("answers", restorative.common.fields.EncryptedJSONField(default=dict)),
                ("notes", restorative.common.fields.EncryptedJSONField(default=dict)),
                (
                    "result",
                    models.CharField(choices=[("ready", "Ready"), ("not_yet", "Not yet")], max_length=10),
                ),
                (
                    "judgement",
                    models.CharField(choices=[("ready", "Ready"), ("not_yet", "Not yet")], max_length=10),
                ),
                ("reason", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("completed_at", models.DateTimeField()),
                (
                    "completed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "capacity",
                    models.CharField(
                        choices=[("clear", "No doubt"), ("doubt", "There is a doubt")],
                        default="clear",
                        max_length=10,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("accepted_late_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_late_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("accepted_why", restorative.common.fields.EncryptedTextField(blank=True, default="")),
            ],
            options={
                "ordering": ["completed_at", "id"],
                "indexes": [models.Index(fields=["party", "kind", "-completed_at"], name="readiness_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_late_at__isnull", True), ("accepted_late_by__isnull", True)),
                            models.Q(
                                ("accepted_late_at__isnull", False), ("accepted_late_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="late_check_accepted_when_and_who",
                        violation_error_message="A late check that was accepted says when and by whom.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CapacityAssessment",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capacity_assessments",
                        to="referrals.party",
                    ),
                ),
                ("help_given", restorative.common.fields.EncryptedTextField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("able", "Can decide this for themselves"),
                            ("not_able", "Cannot decide this at present"),
                        ],
                        max_length=10,
                    ),
                ),
                ("assessed_at", models.DateTimeField()),
                (
                    "assessed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["assessed_at", "id"],
                "indexes": [models.Index(fields=["party", "-assessed_at"], name="capacity_newest")],
            },
        ),
        migrations.CreateModel(
            name="ChildDecision",
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
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="child_decisions",
                        to="referrals.party",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("competent", "They understand enough to decide for themselves"),
                            ("parent", "They do not, and a parent who takes no part in this gives authority"),
                            ("neither", "They do not, and no such parent gives authority"),
                        ],
                        max_length=10,
                    ),
                ),
                ("how_known", restorative.common.fields.EncryptedTextField()),
                ("parent", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("recorded_at", models.DateTimeField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "id"],
                "indexes": [models.Index(fields=["party", "-recorded_at"], name="child_decision_newest")],
            },
        ),
        migrations.CreateModel(
            name="RecordsHit",
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
                    "records_check",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.recordscheck",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.party"
                    ),
                ),
                (
                    "matched",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.person"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "likeness",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "A family name alone, where a concern is open"),
                            (1, "A first name alone"),
                            (2, "Possible"),
                            (3, "Likely"),
                            (4, "Very likely"),
                        ]
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("same", "The same person"),
                            ("not_same", "Not the same person"),
                            ("cannot_tell", "Cannot tell"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("note", restorative.common.fields.EncryptedTextField(blank=True, default="")),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "looked_by",
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
                "ordering": ["-likeness", "created_at", "id"],
                "indexes": [models.Index(fields=["records_check", "-likeness"], name="hits_of_check")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("records_check", "party", "matched"), name="found_once_a_check"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("looked_at__isnull", True), ("looked_by__isnull", True), ("verdict", "")
                            ),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("looked_at__isnull", False),
                                ("looked_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="hit_looked_at_when_and_who",
                        violation_error_message="Who said whether it is them says when.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
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
                    "concern",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_offs",
                        to="referrals.concern",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.party"
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("go", "Go"),
                            ("go_with_steps", "Go, with steps first"),
                            ("do_not_go", "Do not go"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", restorative.common.fields.EncryptedTextField()),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["decided_at", "id"],
                "indexes": [models.Index(fields=["concern", "-decided_at"], name="sign_off_newest")],
            },
        ),
        migrations.CreateModel(
            name="HandoffMessage",
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
                    "handoff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="referrals.handoff",
                    ),
                ),
                ("words", restorative.common.fields.EncryptedTextField()),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Task",
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
                        related_name="tasks",
                        to="referrals.referral",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="referrals.party",
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("step", "A step before the meeting"),
                            ("check_in", "A check-in"),
                            ("try_again", "Try again"),
                            ("ask_safety", "Ask the safety questions"),
                            ("worry", "Record a worry"),
                            ("ring", "Ring a colleague"),
                        ],
                        max_length=30,
                    ),
                ),
                ("words", restorative.common.fields.EncryptedTextField()),
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
                    "blocks",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="referrals.signoff",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "created_at", "id"],
                "indexes": [models.Index(fields=["assignee", "done_at", "due_on"], name="task_mine")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="task_done_when_and_who",
                        violation_error_message="A task that is done says when and by whom.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("word", models.CharField(max_length=100)),
                (
                    "named_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.party",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.referral"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["word", "named_by", "party", "referral"],
                        name="name_word_prefix",
                        opclasses=["varchar_pattern_ops", "uuid_ops", "uuid_ops", "uuid_ops"],
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("party", "word"), name="a_word_once_a_party")
                ],
            },
        ),
        migrations.CreateModel(
            name="Summary",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="summary",
                        serialize=False,
                        to="referrals.referral",
                    ),
                ),
                ("reference", models.CharField(max_length=12)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversation", "Restorative conversation"),
                            ("family", "Family meeting"),
                            ("not_sure", "Not sure yet"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "stage_known",
                    models.CharField(
                        choices=[
                            ("logged", "Logged"),
                            ("preparing", "Preparing"),
                            ("booked", "Booked"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                            ("paused", "Not now"),
                        ],
                        max_length=20,
                    ),
                ),
                ("hidden", models.BooleanField()),
                ("participants", models.PositiveSmallIntegerField()),
                ("logged_at", models.DateTimeField()),
                ("waiting_since", models.DateTimeField(null=True)),
                ("first_contact_at", models.DateTimeField(null=True)),
                ("first_ready_at", models.DateTimeField(null=True)),
                ("next_meeting_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("sign_off_open", models.BooleanField()),
                ("stop_open", models.BooleanField()),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead_organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "summaries",
                "indexes": [
                    models.Index(fields=["-logged_at", "referral"], name="summary_logged"),
                    models.Index(fields=["stage_known", "-logged_at", "referral"], name="summary_stage"),
                    models.Index(
                        fields=["reference"], name="summary_reference", opclasses=["varchar_pattern_ops"]
                    ),
                    models.Index(
                        condition=models.Q(("hidden", True)), fields=["referral"], name="summary_hidden"
                    ),
                ],
            },
        ),
    ]
