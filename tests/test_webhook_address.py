import io
import socket
from unittest.mock import patch

import requests

from odoo.tests import BaseCase, tagged

from ..models.webhook_address import AddressProblem, PinnedAdapter, check_url, post, resolve

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
        ):  # fmt: skip
            self.assertEqual(self._refused(check_url, f"https://{host}/"), "private", host)
        check_url(f"https://{PUBLIC}/")
        check_url("http://127.0.0.1:80/", {"127.0.0.1"})
        self.assertEqual(self._refused(check_url, "http://127.0.0.2/", {"127.0.0.1"}), "scheme")

    def test_names_of_private_addresses(self):
        parts = check_url("https://example.com/")
        with self._resolves_to(PUBLIC):
            self.assertEqual(resolve(parts), PUBLIC)
        for addresses in (["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], ["fe80::1%eth0"]):
            with self._resolves_to(*addresses):
                self.assertEqual(self._refused(resolve, parts), "private", addresses)
        with self._resolves_to("10.0.0.1"):
            self.assertEqual(resolve(parts, {"example.com"}), "10.0.0.1")
        with patch.object(socket, "getaddrinfo", side_effect=socket.gaierror):
            self.assertEqual(self._refused(resolve, parts), "unknown")

    def test_the_address_that_was_checked_is_the_one_that_is_asked(self):
        asked = []

        def send(session, prepared, **options):
            adapter = session.get_adapter(prepared.url)
            asked.append((prepared.url, prepared.headers["Host"], adapter.host, options))
            response = requests.Response()
            response.status_code, response.raw = 204, io.BytesIO()
            return response

        with self._resolves_to(PUBLIC), patch.object(requests.Session, "send", send):
            self.assertEqual(post("https://example.com:8443/leads", b"{}", {}), 204)
        url, host, certificate, options = asked[0]
        self.assertEqual(url, f"https://{PUBLIC}:8443/leads")
        self.assertEqual((host, certificate), ("example.com:8443", "example.com"))
        self.assertFalse(options["allow_redirects"])
        self.assertFalse(options["proxies"])
        self.assertTrue(options["timeout"])
        self.assertTrue(options["verify"])

    def test_the_certificate_is_that_of_the_name(self):
        pool = PinnedAdapter("example.com").poolmanager.connection_from_url(f"https://{PUBLIC}/")
        self.assertEqual(pool.assert_hostname, "example.com")
        self.assertEqual(pool.conn_kw["server_hostname"], "example.com")

    def test_who_does_not_answer(self):
        for error, word in {
            requests.exceptions.ConnectTimeout: "timeout",
            requests.exceptions.ReadTimeout: "timeout",
            requests.exceptions.SSLError: "certificate",
            requests.exceptions.ConnectionError: "connection",
        }.items():
            with self._resolves_to(PUBLIC), patch.object(requests.Session, "send", side_effect=error):
                self.assertEqual(self._refused(post, "https://example.com/", b"", {}), word)
