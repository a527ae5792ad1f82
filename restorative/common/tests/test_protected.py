"""Protected querysets need a scope, and derived querysets keep it."""

import pytest
from django.db.models import Exists, OuterRef

from referrals.models import Concern, Party, Referral
from restorative.accounts.models import User
from restorative.common.protected import Unscoped

pytestmark = pytest.mark.django_db


def scoped():
    return Referral.objects.unscoped("test")


def test_a_scope_survives_further_filters():
    built = scoped().filter(stage="logged").exclude(kind="family").order_by("pk").select_related("lead")[:5]
    assert list(built) == []


def test_unscoped_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        Referral.objects.unscoped("  ")


def test_the_refusal_names_the_rows_and_what_to_do():
    with pytest.raises(Unscoped, match=r"Referral rows need visible_to\(user\) or unscoped\(why\)"):
        Referral.objects.get(reference="RP-7K3M-9Q")


def test_it_is_refused_before_the_database_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(Unscoped):
        Referral.objects.filter(stage="logged").exists()


def test_a_query_inside_another_needs_no_scope_of_its_own():
    parties = Party.objects.filter(referral=OuterRef("pk"))
    assert list(scoped().filter(Exists(parties), parties__in=Party.objects.all())) == []


def test_the_query_that_runs_is_what_counts():
    """A scoped subquery does not give its outer query a scope."""
    with pytest.raises(Unscoped):
        list(Referral.objects.filter(pk__in=scoped().values("pk")))


@pytest.mark.parametrize(
    "both",
    [
        lambda: scoped() | Referral.objects.all(),
        lambda: Referral.objects.all() | scoped(),
        lambda: scoped() ^ Referral.objects.all(),
        lambda: scoped().union(Referral.objects.all()),
        lambda: scoped().union(scoped(), Referral.objects.all()),
        lambda: Referral.objects.union(scoped()),
        lambda: scoped().intersection(Referral.objects.all()),
    ],
)
def test_a_combination_is_scoped_only_if_both_queries_are(both):
    with pytest.raises(Unscoped):
        list(both())


def test_two_scoped_queries_together_are_scoped():
    plain = scoped().order_by()
    assert list(plain | plain) == list(plain.union(plain)) == []


def test_rows_behind_a_relation_need_a_scope():
    with pytest.raises(Unscoped):
        list(Concern.objects.unscoped("test").model(party=Party()).party.concerns.all())


def test_rows_fetched_beside_others_need_a_scope(user):
    """A prefetch runs its own query."""
    rows = User.objects.filter(pk=user.pk).prefetch_related("leads")
    with pytest.raises(Unscoped):
        list(rows)


def test_an_empty_queryset_needs_a_scope_too():
    with pytest.raises(Unscoped):
        list(Referral.objects.none())


def test_a_result_once_read_is_read_again_without_asking(django_assert_num_queries):
    rows = scoped()
    list(rows)
    with django_assert_num_queries(0):
        assert [*rows, bool(rows), len(rows)] == [False, 0]


@pytest.fixture
def user(staff) -> User:
    return staff["asha"]
