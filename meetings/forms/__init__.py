"""Forms about a meeting. They are given their choices; they look nothing up and save nothing."""
