"""Made-up people and their history, produced by running the actions at past times. For the demo and for tests."""
