"""Pages that combine a referral and its meetings."""
