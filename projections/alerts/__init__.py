"""What a person should know."""
