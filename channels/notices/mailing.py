"""A target that is told by mail: SMTP with TLS."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from time import monotonic
from typing import Literal

import msgspec
import structlog

from channels.errors import Refused, Unreachable
from channels.http import Deadline
from channels.notices.messages import Message, as_mail
from channels.notices.targets import SEND_BUDGET

Security = Literal["starttls", "tls", "none"]

_PERMANENT = 500
_log = structlog.get_logger("channels.notices")


class MailServer(msgspec.Struct, frozen=True):
    """Where mail is handed in. `starttls` never goes on without TLS; certificates are checked."""

    host: str
    port: int
    security: Security = "starttls"
    username: str | None = None
    password: str | None = None


class Mail:
    """Mail to one or more people: `Target` as its port documents it."""

    name = "mail"

    def __init__(
        self, server: MailServer, sender: str, recipients: tuple[str, ...], tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` replaces the system's trusted certificates."""
        self._server, self._sender, self._recipients = server, sender, recipients
        self._tls = tls or ssl.create_default_context()

    def send(self, message: Message) -> None:
        """See `Target.send`. Taken once the server takes it for one recipient; others that it refuses are logged."""
        deadline = Deadline(SEND_BUDGET, monotonic)
        try:
            refused = self._send(as_mail(message, self._sender, self._recipients), deadline)
        except smtplib.SMTPRecipientsRefused as error:
            raise _answered(min(code for code, _ in error.recipients.values())) from error
        except smtplib.SMTPResponseException as error:
            raise _answered(error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(self.name, "no TLS or login offered", retry=False) from error
        except ssl.SSLCertVerificationError as error:
            raise Refused(self.name, "the certificate is not trusted", retry=False) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(self.name, type(error).__name__, sent=True) from error
        if refused:
            _log.warning("notices.recipients_refused", target=self.name, refused=len(refused))

    def _send(self, mail: EmailMessage, deadline: Deadline) -> dict[str, tuple[int, bytes]]:
        smtp = self._connected(deadline)
        try:
            if self._server.security == "starttls":
                _in_time(smtp, deadline)
                smtp.starttls(context=self._tls)
            if self._server.username is not None and self._server.password is not None:
                _in_time(smtp, deadline)
                smtp.login(self._server.username, self._server.password)
            _in_time(smtp, deadline)
            refused = smtp.send_message(mail, self._sender, list(self._recipients))
        except BaseException:
            smtp.close()
            raise
        # The server has taken it: whatever becomes of the goodbye, a repeat would be a second mail.
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()
        return refused

    def _connected(self, deadline: Deadline) -> smtplib.SMTP:
        server, seconds = self._server, deadline.seconds
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=self._tls)
        return smtplib.SMTP(server.host, server.port, timeout=seconds)


def _in_time(smtp: smtplib.SMTP, deadline: Deadline) -> None:
    """Let the next commands wait for no longer than what is left of the budget."""
    if not deadline.seconds:
        raise TimeoutError
    if smtp.sock is not None:
        smtp.sock.settimeout(deadline.seconds)


def _answered(code: int) -> Exception:
    """Return what the server's answer means: from 500 on it is final (RFC 5321, 4.2.1). Its words may quote us."""
    if code >= _PERMANENT:
        return Refused(Mail.name, str(code), retry=False)
    return Unreachable(Mail.name, f"answered {code}", sent=True)
