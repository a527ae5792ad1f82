"""The only code that writes. Actions are keyword-only, take `by=` and `at=`, and run in one transaction that first
bumps the referral's version."""
