"""Opening the queues that the settings name."""

from processor.errors import StoreUnavailable
from processor.queues import Queue
from syncstate.clients import checked


def open_queue(url: str) -> Queue:
    """Return the SQS queue at `url`; AWS_ENDPOINT_URL names an emulator. Raises StoreUnavailable."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    from processor.adapters.sqs.queues import SqsQueue

    try:
        client = checked(boto3.client("sqs", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})))
    except (BotoCoreError, ValueError) as error:
        raise StoreUnavailable("open a queue", f"{error} (look at AWS_DEFAULT_REGION)") from error
    return SqsQueue(client, url)
