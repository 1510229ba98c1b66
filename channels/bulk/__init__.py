"""Many quantities at once: the riskiest one by one, the rest in one feed."""
