"""The outside world becomes events: framework-free functions that check, translate and record."""
