"""What can happen to stock, and the pure rules: events, balance, dispositions, identities.

Nothing here reads a clock, a setting or a network.
"""
