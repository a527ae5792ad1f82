"""The only code that writes. Keyword-only, `by=`, `at=`; one transaction that bumps the referral's version first."""
