"""Encrypted fields: a token in the database, plain text in Python, no search, and key rotation."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from restorative.accounts.models import User
from restorative.common.fields import keyed_hash
from restorative.common.models import Draft

pytestmark = pytest.mark.django_db

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
WORDS = "“Zoë’s” 🙂 said: \n <b>no</b>"


@pytest.fixture
def owner(staff) -> User:
    return staff["asha"]


def keep(owner: User, typed: dict) -> Draft:
    now = timezone.now()
    return Draft.objects.create(
        owner=owner, place="test", title="", typed=typed, started_at=now, updated_at=now
    )


def stored(draft: Draft) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT typed FROM common_draft")
        return cursor.fetchone()[0]


def read(draft: Draft) -> dict:
    return Draft.objects.get(pk=draft.pk).typed


def test_text_survives_a_round_trip(owner):
    assert read(keep(owner, {"hopes": WORDS, "many": ["a", "b"]})) == {"hopes": WORDS, "many": ["a", "b"]}


def test_the_stored_value_contains_no_plain_text(owner):
    token = stored(keep(owner, {"hopes": "a quiet afternoon"}))
    assert "quiet" not in token
    assert token.startswith("gAAAA")


def test_the_same_text_gives_a_new_token_each_time(owner):
    draft = keep(owner, {"hopes": "the same"})
    first = stored(draft)
    draft.save()
    assert stored(draft) != first


def test_the_first_key_writes_and_every_key_reads(owner, settings):
    settings.FIELD_KEYS = [OLD]
    draft = keep(owner, {"hopes": WORDS})
    settings.FIELD_KEYS = [NEW, OLD]
    assert read(draft)["hopes"] == WORDS
    draft.save()
    settings.FIELD_KEYS = [NEW]
    assert read(draft)["hopes"] == WORDS


def test_a_key_removed_too_early_gives_a_clear_error(owner, settings):
    settings.FIELD_KEYS = [OLD]
    draft = keep(owner, {"hopes": WORDS})
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(ImproperlyConfigured, match="Was a key removed") as refusal:
        read(draft)
    assert WORDS not in str(refusal.value)


@pytest.mark.parametrize(("keys", "said"), [([], "FIELD_KEYS is empty"), (["not-a-key"], "not a Fernet key")])
def test_without_a_key_nothing_is_written(owner, settings, keys, said):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match=said):
        keep(owner, {"hopes": WORDS})


@pytest.mark.parametrize("lookup", ["exact", "iexact", "contains", "icontains", "in", "startswith", "gt"])
def test_a_sealed_field_cannot_be_searched(lookup):
    with pytest.raises(TypeError, match="cannot be searched"):
        list(Draft.objects.filter(**{f"typed__{lookup}": "x"}))


def test_a_route_is_matched_exactly_by_a_hash_that_needs_its_key(settings):
    first = keyed_hash("+447700900123")
    assert keyed_hash("+447700900123") == first
    assert keyed_hash("+447700900124") != first
    assert (len(first), "7700" in first) == (64, False)
    settings.INDEX_KEY = settings.INDEX_KEY + "x"
    assert keyed_hash("+447700900123") != first
