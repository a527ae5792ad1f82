"""`make bench`: what every page and action costs as referrals grow, beside a floor. README.md says how to run it."""
