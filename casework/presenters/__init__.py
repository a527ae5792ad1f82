"""The referral page, a person's page and the history as one person may be shown them. Nothing here writes."""
