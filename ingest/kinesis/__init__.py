"""What programs state through a Kinesis stream: the facts of POST /api/batch, each record for one tenant."""
