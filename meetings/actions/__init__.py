"""The only code that writes meetings. Each action holds the referral's version lock first."""
