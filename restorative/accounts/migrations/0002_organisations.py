from django.db import migrations

from restorative.accounts.seed import seed


def seed_organisations(apps, schema_editor):
    seed(apps.get_model("accounts", "Organisation"), apps.get_model("accounts", "Team"))


class Migration(migrations.Migration):
    """Rows of their own migration: PostgreSQL does not mix them with new tables."""

    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(seed_organisations, migrations.RunPython.noop)]
