"""The local AWS environment."""
