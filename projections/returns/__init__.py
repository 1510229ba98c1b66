"""The audit trail of what came back."""
