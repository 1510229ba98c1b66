"""What each channel should show, and what it was told."""
