import http.client
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..models import webhook_address
from ..models.webhook_address import TIMEOUT, AddressProblem, check_url, post, resolve

PUBLIC = "93.184.215.14"


@tagged("post_install", "-at_install")
class TestWebhookAddress(BaseCase):
    """Where something may be sent to."""

    def _resolves_to(self, *addresses):
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        return patch.object(socket, "getaddrinfo", return_value=rows)

    def _refused(self, function, *args):
        with self.assertRaises(AddressProblem) as refused:
            function(*args)
        return refused.exception.word

    def test_urls(self):
        self.assertEqual(check_url("https://example.com:8443/leads?a=1").hostname, "example.com")
        for url, word in {
            "": "url",
            "example.com": "url",
            "https://": "url",
            "https://exa mple.com": "url",
            "https://example.com/\n": "url",
            "https://example.com:port/": "url",
            "https://[::1": "url",
            "https://example.com/" + "a" * 3000: "url",
            "https://me:secret@example.com": "user",
            "https://@example.com": "user",
            "http://example.com": "scheme",
            "ftp://example.com": "scheme",
            "file://example.com/etc/passwd": "scheme",
        }.items():
            self.assertEqual(self._refused(check_url, url), word, url)

    def test_private_addresses(self):
        for host in (
            "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "224.0.0.1", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[2002:7f00:1::]",
            "[fec0::1]", "[64:ff9b::10.0.0.1]", "[::127.0.0.1]", "[::ffff:0:10.0.0.1]", "[64:ff9b:1::1]",
        ):  # fmt: skip
            self.assertEqual(self._refused(check_url, f"https://{host}/"), "private", host)
        for host in (PUBLIC, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", f"[64:ff9b::{PUBLIC}]"):
            check_url(f"https://{host}/")
        check_url("http://127.0.0.1:80/", {"127.0.0.1"})
        self.assertEqual(self._refused(check_url, "http://127.0.0.2/", {"127.0.0.1"}), "scheme")

    def test_names_of_private_addresses(self):
        parts = check_url("https://example.com/")
        with self._resolves_to(PUBLIC):
            self.assertEqual(resolve(parts), (PUBLIC, 443))
        for addresses in (["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], ["fe80::1%eth0"]):
            with self._resolves_to(*addresses):
                self.assertEqual(self._refused(resolve, parts), "private", addresses)
        with self._resolves_to("10.0.0.1"):
            self.assertEqual(resolve(parts, {"example.com"}), ("10.0.0.1", 443))
        with patch.object(socket, "getaddrinfo", side_effect=socket.gaierror):
            self.assertEqual(self._refused(resolve, parts), "unknown")

    @contextmanager
    def _server(self, serve):
        """A server on this machine that serves one connection as the test tells it."""
        listening = self.enterContext(socket.create_server(("127.0.0.1", 0)))

        def accept():
            with suppress(OSError), listening.accept()[0] as connection:
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listening.getsockname()
        thread.join()

    def test_the_address_that_was_checked_is_the_one_that_is_asked(self):
        asked = []

        def serve(connection):
            raw = b""
            while not raw.endswith(b"{}"):
                raw += connection.recv(1000)
            asked.append(raw.decode())
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        with self._server(serve) as server, self._resolves_to(PUBLIC):

            def reach(address, timeout):
                asked.append((address, timeout))
                wire = socket.socket()
                wire.connect(server)
                return wire

            with (
                patch.object(socket, "create_connection", reach),
                patch.object(webhook_address, "_encrypt", lambda wire, host: asked.append(host) or wire),
            ):
                self.assertEqual(post("https://example.com:8443/leads?a=1#b", b"{}", {"X-Event": "won"}), 204)
        self.assertEqual(asked[:2], [((PUBLIC, 8443), TIMEOUT), "example.com"])
        self.assertTrue(asked[2].startswith("POST /leads?a=1 HTTP/1.1\r\n"))
        for line in ("Host: example.com:8443", "X-Event: won", "Content-Length: 2"):
            self.assertIn(f"\r\n{line}\r\n", asked[2])
        self.assertTrue(asked[2].endswith("\r\n\r\n{}"))

    def test_the_certificate_is_that_of_the_name(self):
        with patch.object(ssl.SSLContext, "wrap_socket", autospec=True) as wrap:
            webhook_address._encrypt("wire", "example.com")
        context, wire = wrap.call_args.args
        self.assertEqual((wire, wrap.call_args.kwargs), ("wire", {"server_hostname": "example.com"}))
        self.assertTrue(context.check_hostname)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)

    def test_who_speaks_no_https(self):
        def serve(connection):
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        with self._server(serve) as (host, port):
            self.assertEqual(self._refused(post, f"https://{host}:{port}/", b"{}", {}, {host}), "certificate")

    def test_who_does_not_answer(self):
        for error, word in {
            TimeoutError: "timeout",
            ssl.SSLCertVerificationError: "certificate",
            ConnectionRefusedError: "connection",
            OSError: "connection",
            http.client.BadStatusLine: "connection",
        }.items():
            with self._resolves_to(PUBLIC), patch.object(socket, "create_connection", side_effect=error("")):
                self.assertEqual(self._refused(post, "https://example.com/", b"", {}), word)
        for answer in (b"", b"HTTP/9 no\r\n\r\n", b"<html>", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000):
            with self._server(lambda connection, answer=answer: connection.sendall(answer)) as (host, port):
                self.assertEqual(self._refused(post, f"http://{host}:{port}/", b"", {}, {host}), "connection", answer)

    def test_who_answers_drop_by_drop(self):
        """Each drop comes in time, but a worker is not held by it for hours."""

        def drip(connection, begin):
            connection.sendall(begin)
            for _drop in range(200):
                connection.sendall(b"X")
                is_over.wait(0.05)

        for scheme, begin in (("http", b""), ("http", b"HTTP/1.1 200 OK\r\n"), ("https", b"\x16\x03\x03\x3f\xff")):
            is_over, start = threading.Event(), time.monotonic()
            with (
                patch.object(webhook_address, "LONGEST", 0.3),
                self._server(lambda connection, begin=begin: drip(connection, begin)) as (host, port),
            ):
                self.assertEqual(self._refused(post, f"{scheme}://{host}:{port}/", b"{}", {}, {host}), "timeout")
                self.assertLess(time.monotonic() - start, 5)
                is_over.set()
