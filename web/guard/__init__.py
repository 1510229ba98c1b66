"""Who may do what: keys, the local operator, keyless loopback, signed deliveries, and how often."""
