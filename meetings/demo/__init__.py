"""Made-up people and their history, played through the actions at past times. For the demo and for tests."""
