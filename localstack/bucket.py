"""The bucket that gets the records which a function could not even be given: whole, as they were."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from localstack.account import Account
from localstack.layout import FAILED


class Bucket:
    """The layout's bucket. Names of buckets are everybody's, so the account's number is part of it."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self) -> None:
        """Create it where it is missing."""
        if not self._is_there():
            self._client.create_bucket(Bucket=self.name)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence where it is missing."""
        if not self._is_there():
            yield f"bucket {self.name} does not exist"

    def delete(self) -> None:
        """Delete it where it is there, with all it holds."""
        if not self._is_there():
            return
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for found in page.get("Contents", ()):
                self._client.delete_object(Bucket=self.name, Key=found["Key"])
        self._client.delete_bucket(Bucket=self.name)

    @property
    def name(self) -> str:
        """The bucket's name."""
        return f"{self._account.name(FAILED)}-{self._account.id}"

    @property
    def arn(self) -> str:
        """The bucket's name, as mappings want it."""
        return f"arn:aws:s3:::{self.name}"

    @property
    def _client(self) -> Any:  # noqa: ANN401 - as `Account.client`
        return self._account.client("s3")

    def _is_there(self) -> bool:
        try:
            self._client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
                return False
            raise
        return True
