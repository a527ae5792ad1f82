"""The only code that writes meetings. Each action takes the referral's version lock first."""
