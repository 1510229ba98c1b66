"""Alerts by mail, handed to a real server: encrypted, with a login, and whatever the server answers."""

import base64
import email
import email.policy
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.errors import Refused, Unreachable
from channels.notices.mailing import Mail, MailServer, Security
from channels.notices.messages import Message
from processor.clock import Instant
from projections.alerts.documents import Alert
from tests.factories import NOON
from tests.integration.channels.receivers import PostOffice, closed_port, post_office

NAME = "localhost"
SENDER, PEOPLE = "syncstate@shop.example", ("ann@shop.example", "bob@shop.example")


class Trust(NamedTuple):
    """A server's certificate, and a client that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, secret)
    return Trust(server, ssl.create_default_context(cafile=str(chain)))


@pytest.fixture
def office(trust: Trust) -> Iterator[PostOffice]:
    with post_office(trust.server) as opened:
        yield opened


def a_message(*messages: str) -> Message:
    alerts = tuple(
        Alert(f"a{number}", "oversold", "critical", "T", text, 1, NOON, "acme/sku/T", number)
        for number, text in enumerate(messages)
    )
    return Message("d1", "acme", Instant(NOON), alerts, {"warning": 3})


def mail(port: int, tls: ssl.SSLContext | None, security: Security = "starttls", *, login: bool = False) -> Mail:
    name, password = ("user", "pass word") if login else (None, None)
    return Mail(MailServer(NAME, port, security, name, password), SENDER, PEOPLE, tls)


def test_a_mail_tells_everyone_of_all_alerts(office: PostOffice, trust: Trust) -> None:
    mail(office.port, trust.client, login=True).send(a_message("T: 3 sold beyond stock", "\u65e5\u672c: 1 sold"))
    assert office.recipients == list(PEOPLE)
    assert [base64.b64decode(login) for login in office.logins] == [b"\0user\0pass word"]
    (text,) = office.mails
    got = email.message_from_bytes(text.encode(), policy=email.policy.default)
    assert got["Subject"] == "SyncState, acme: 5 alerts (2 critical, 3 warning)"
    assert (got["From"], got["To"]) == (SENDER, ", ".join(PEOPLE))
    assert (got["Message-ID"], got["X-SyncState-Delivery"]) == ("<d1@syncstate.invalid>", "d1")
    assert got["Date"].datetime == datetime(2026, 11, 20, 12, tzinfo=UTC)
    body = got.get_content()
    assert "CRITICAL: T: 3 sold beyond stock [oversold, 2026-11-20T12:00:00Z]" in body
    assert "\u65e5\u672c: 1 sold" in body
    assert "and 3 more: see GET /api/alerts/unread" in body


def test_nothing_but_the_greeting_is_in_clear(office: PostOffice, trust: Trust) -> None:
    mail(office.port, trust.client, login=True).send(a_message("T"))
    assert office.in_clear == ["EHLO", "STARTTLS"]


def test_tls_from_the_beginning(trust: Trust) -> None:
    with post_office(trust.server, at_once=True) as office:
        mail(office.port, trust.client, "tls").send(a_message("T"))
    assert (len(office.mails), office.in_clear) == (1, [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_be_trusted_is_told_nothing(trust: Trust, security: Security) -> None:
    with post_office(trust.server, at_once=security == "tls") as office, pytest.raises(Refused, match="not trusted"):
        mail(office.port, None, security, login=True).send(a_message("T"))
    assert (office.mails, office.logins) == ([], [])


def test_a_server_that_offers_no_tls_is_told_nothing(trust: Trust) -> None:
    with post_office(None) as office, pytest.raises(Refused, match="no TLS"):
        mail(office.port, trust.client, login=True).send(a_message("T"))
    assert (office.mails, office.logins) == ([], [])


def test_without_tls_where_that_is_wished() -> None:
    with post_office(None) as office:
        mail(office.port, None, "none").send(a_message("T"))
    assert len(office.mails) == 1


@pytest.mark.parametrize("verb", ["AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("code", "wanted"), [(451, Unreachable), (550, Refused)])
def test_what_the_server_answers_tells_whether_to_try_again(
    office: PostOffice, trust: Trust, verb: str, code: int, wanted: type[Exception]
) -> None:
    office.answers[verb] = [f"{code} not you, user"] * 4
    with pytest.raises(wanted, match=str(code)) as raised:
        mail(office.port, trust.client, login=True).send(a_message("T"))
    assert "user" not in str(raised.value), "its words may quote ours"
    assert office.mails == []


def test_one_refused_recipient_does_not_keep_it_from_the_other(
    office: PostOffice, trust: Trust, capsys: pytest.CaptureFixture[str]
) -> None:
    office.answers["RCPT"] = ["550 unknown"]
    mail(office.port, trust.client).send(a_message("T"))
    assert (len(office.mails), office.recipients) == (1, [PEOPLE[1]])
    assert "notices.recipients_refused" in "".join(capsys.readouterr())


def test_a_goodbye_that_fails_is_no_failure(office: PostOffice, trust: Trust) -> None:
    office.answers["QUIT"] = ["421 in a bad mood"]
    mail(office.port, trust.client).send(a_message("T"))
    assert len(office.mails) == 1


def test_nobody_there_is_worth_another_try(trust: Trust) -> None:
    with pytest.raises(Unreachable):
        mail(closed_port(), trust.client).send(a_message("T"))
