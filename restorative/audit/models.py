"""The ledger's three tables: entries, the links that chain them, and the head that says how long the chain is.
Who may write them is in ledger.py and sealer.py; the database refuses change and removal (migration 0001)."""

from django.db import models


class AuditEntry(models.Model):
    """One thing somebody did or saw: ids and field names, never words. No foreign keys: it outlives what it names."""

    at = models.DateTimeField()
    written_at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    role = models.CharField(max_length=20)
    verb = models.CharField(max_length=60)
    thing_type = models.CharField(max_length=60, blank=True)
    thing_ids = models.JSONField(default=list)
    referral_id = models.UUIDField(null=True)
    party_id = models.UUIDField(null=True)
    fields = models.JSONField(default=list)
    why_code = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["referral_id", "at"], name="audit_referral_at"),
            models.Index(fields=["actor_id", "at"], name="audit_actor_at"),
        ]


class AuditLink(models.Model):
    """One place in the chain: which entry stands there, and the MAC that binds it to the place before."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    prev = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)


class AuditHead(models.Model):
    """The one row that says where the chain ends. It moves forward only; without it a cut tail would leave no trace."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    last = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    mac = models.CharField(max_length=64)
