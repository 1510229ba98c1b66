"""The secret that holds the shops' webhook secrets."""

from collections.abc import Iterator

from localstack.account import Account
from localstack.layout import SECRET


class Secret:
    """The layout's secret; `text` is what it holds, as JSON."""

    def __init__(self, account: Account, text: str) -> None:
        self._account, self.name, self._text = account, account.name(SECRET), text

    def create(self) -> None:
        """Store the text, in a new secret where there is none."""
        client = self._account.secrets
        try:
            client.create_secret(Name=self.name, SecretString=self._text)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=self.name, SecretString=self._text)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence where it is missing or holds something else."""
        client = self._account.secrets
        try:
            found = client.get_secret_value(SecretId=self.name)["SecretString"]
        except client.exceptions.ResourceNotFoundException:
            yield f"secret {self.name} does not exist"
            return
        if found != self._text:
            yield f"secret {self.name} holds other shops"

    def delete(self) -> None:
        """Delete it where it is there, at once."""
        client = self._account.secrets
        try:
            client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)
        except client.exceptions.ResourceNotFoundException:
            return
