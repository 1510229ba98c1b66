"""What Amazon sends."""
