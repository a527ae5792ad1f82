"""The ledger's tables: entries, the links that chain them, the head with its length, and the last check's result.
Only ledger.py, sealer.py and watch.py write them; database triggers refuse changes and deletion (migration 0001)."""

from django.db import models


class AuditEntry(models.Model):
    """One thing a user did or saw, as ids and field names. No foreign keys: entries outlive the rows they name."""

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
            models.Index(fields=["party_id", "at"], name="audit_party_at"),
            models.Index(fields=["actor_id", "at"], name="audit_actor_at"),
            models.Index(fields=["organisation_id", "at"], name="audit_organisation_at"),
            models.Index(fields=["organisation_id", "verb", "at"], name="audit_organisation_verb"),
        ]


class AuditLink(models.Model):
    """One place in the chain: its entry, and the MAC that binds it to the place before."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    prev = models.CharField(max_length=64)
    mac = models.CharField(max_length=64)


class AuditHead(models.Model):
    """The single row with the chain's end. It only moves forward; without it, a cut tail would leave no trace."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    last = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    mac = models.CharField(max_length=64)


class LedgerCheck(models.Model):
    """The single row with how far the ledger was checked and the result. Signed like the ledger itself.

    `seq` and `last` are the place up to which it was found intact; they also reveal a cut tail.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    checked_at = models.DateTimeField()
    read_whole_at = models.DateTimeField()
    right_at = models.DateTimeField(null=True)  # when a full check last found no fault
    seq = models.BigIntegerField(default=0)
    last = models.CharField(max_length=64)
    finding = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(null=True)
    mended_at = models.DateTimeField(null=True)
    mac = models.CharField(max_length=64)
