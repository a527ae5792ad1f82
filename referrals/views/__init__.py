"""Pages of a referral. They fetch through scopes, check access, and call actions and presenters."""
