"""The referral page, a person's page and the history, as one user may see them. Nothing here writes."""
