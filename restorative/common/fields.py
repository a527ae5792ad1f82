"""Encrypted model fields and keyed hashes. Routes and narrative are stored through these; codes and dates are not.
Keys come from settings: FIELD_KEYS (Fernet, the first encrypts, all decrypt) and INDEX_KEY."""

import hashlib
import hmac
import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: sealed fields cannot be read or written.")
    try:
        return MultiFernet([Fernet(key.encode()) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured("FIELD_KEYS holds something that is not a Fernet key.") from error


def _encrypt(text: str) -> str:
    return _box(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def _decrypt(token: str) -> str:
    try:
        return _box(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "A sealed field cannot be opened with the keys in FIELD_KEYS. Was a key removed before rotation ended?"
        ) from error


def keyed_hash(value: str) -> str:
    """A keyed hash (64 hex characters) for exact matches of a contact route; it reveals nothing without INDEX_KEY."""
    return hmac.new(settings.INDEX_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """Text stored as a Fernet token. The empty string is stored as it is and needs no key."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return _encrypt(value) if value else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _decrypt(value) if value else value

    def get_lookup(self, lookup_name: str):
        # A token differs at every write, so a comparison would silently match nothing.
        if lookup_name not in {"isnull"}:
            raise TypeError(f"{self.name} is encrypted and cannot be searched by {lookup_name}.")
        return super().get_lookup(lookup_name)


class EncryptedJSONField(EncryptedTextField):
    """A JSON value (dict or list of plain values) stored as one Fernet token."""

    # For type checkers: the attribute holds the value itself, not text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        # Skips TextField.get_prep_value, which would call to_python and undo the dump.
        return None if value is None else _encrypt(json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else {}

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value
