"""Pages of a referral. They fetch through scopes, ask access, and hand over to actions and presenters."""
