"""Amazon Kinesis Data Streams as a way in: records, the aggregates among them, and following the shards of a stream.

Nothing but `stream` speaks to AWS.
"""
