"""Read models act on the outside world."""
