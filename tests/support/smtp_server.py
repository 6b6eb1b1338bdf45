#!/usr/bin/python3
"""smtp_server.py - a real mail server on loopback, for tests

smtp_server.py plain|starttls|smtps [CERT KEY]

Prints "port N" when it listens and "mail FROM TO... BASE64" for each mail that it has
taken. starttls and smtps want CERT and KEY, refuse what is not encrypted, and want the
user "parallax" with the password "s3cret". A recipient at refused.example is refused for
good, one at busy.example for now. Ends by a signal."""

import base64
import signal
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Inbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@refused.example"):
            return "550 5.1.1 no such user"
        if address.endswith("@busy.example"):
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = base64.b64encode(envelope.original_content).decode()
        print("mail", envelope.mail_from, *envelope.rcpt_tos, text, flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = (b"parallax", b"s3cret")
    return AuthResult(success=(data.login, data.password) == good, handled=False)


def main():
    kind = sys.argv[1]
    settings = {}
    if kind != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        settings = {"authenticator": authenticate, "auth_required": True}
        if kind == "starttls":
            settings.update(tls_context=context, require_starttls=True)
        else:
            settings.update(ssl_context=context, auth_require_tls=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(Inbox(), hostname="127.0.0.1", port=port, **settings)
    server.start()
    print("port", port, flush=True)
    signal.pause()


main()
