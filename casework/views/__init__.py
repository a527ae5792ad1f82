"""Pages that show a referral and its meetings together."""
