"""Pages about a meeting: planned, shown, the day itself, called off, released, recorded."""
