"""Connecting a channel: what it lists is read, compared with what is known here, and then mapped, counted, told of."""
