"""Telling people of alerts: a signed webhook, a Slack-format address, mail.

A target is told of an alert once: what it was told of is in a register (`progress`), written *before* the message goes
and again after it. A crash between the two sends the same message once more, under the same delivery id.
"""
