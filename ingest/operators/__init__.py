"""What the merchant's own people and programs state."""
