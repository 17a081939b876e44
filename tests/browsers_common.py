from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from unittest.mock import patch
from urllib.parse import urljoin

from odoo import http
from odoo.addons.bus.models.bus import BusBus
from odoo.addons.bus.websocket import CloseCode, WebsocketConnectionHandler, _kick_all
from odoo.tests.common import HOST, TEST_CURSOR_COOKIE_NAME, ChromeBrowser, HttpCase

TIMEOUT = 180


class BrowsersCase(HttpCase):
    """Several people at work at the same time, each in a browser of their own, as one tour each. They see what the
    others do as they would: Odoo's bus is on, and nothing but the server is between them."""

    def start_tours(self, *people):
        """Start all tours at once, and wait for all of them.

        :param people: dicts of ``tour``, ``path``, ``login`` (None for nobody), ``size`` and ``is_phone``
        """
        users = self.env.registry["res.users"]
        with ExitStack() as stack:
            stack.enter_context(patch.object(users, "tour_enabled", False))
            stack.enter_context(patch.object(users, "_compute_tour_enabled", lambda _: None))
            browsers = [self._open_browser(person) for person in people]
            stack.enter_context(self.allow_requests(browser=browsers[0]))
            stack.callback(self._wait_remaining_requests)
            stack.enter_context(self._bus())
            for browser in browsers:
                stack.callback(browser.stop)
                browser.set_cookie(TEST_CURSOR_COOKIE_NAME, self.http_request_key, "/", HOST)
            for browser, person in zip(browsers, people, strict=True):
                self._log_in(browser, person)
            self.cr.flush()
            self.cr.clear()
            for browser, person in zip(browsers, people, strict=True):
                browser.navigate_to(urljoin(self.base_url(), person["path"]))
                self.assertTrue(browser._wait_ready(f"odoo.isTourReady({person['tour']!r})"), person["tour"])
            with ThreadPoolExecutor(len(people)) as pool:
                walks = [
                    pool.submit(browser._wait_code_ok, f"odoo.startTour({person['tour']!r}, {{}})", TIMEOUT)
                    for browser, person in zip(browsers, people, strict=True)
                ]
            for person, walk in zip(people, walks, strict=True):
                if walk.exception():
                    self.fail(f"{person['tour']}: {walk.exception()}")
        self.env.invalidate_all()

    def _open_browser(self, person):
        self.browser_size, self.touch_enabled = person["size"], person.get("is_phone", False)
        return ChromeBrowser(self, success_signal="tour succeeded")

    def _log_in(self, browser, person):
        """Each person has a session: logging the next one in must not end it."""
        session = self.authenticate(person["login"], person["login"], browser=browser)
        self.session = None
        self.addCleanup(http.root.session_store.delete, session)

    @contextmanager
    def _bus(self):
        """As Odoo's own browser tests have it: what is told to the bus goes out at once."""
        send = BusBus._sendone

        def send_at_once(bus, target, notification_type, message):
            send(bus, target, notification_type, message)
            bus.env.cr.precommit.run()
            bus.env.cr.postcommit.run()

        with (
            patch.object(BusBus, "_sendone", send_at_once),
            patch.object(WebsocketConnectionHandler, "websocket_allowed", return_value=True),
        ):
            yield
            _kick_all(CloseCode.KILL_NOW)
