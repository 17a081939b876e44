from odoo.tests import HttpCase, tagged

from .digest_common import DigestCase


@tagged("post_install", "-at_install")
class TestDigestTours(HttpCase, DigestCase):
    """What people do with a digest, in a browser. The names below are those that the tours look for."""

    def setUp(self):
        super().setUp()
        self.company.lead_digest_hour = 0
        names = ["Longest wait", *(f"Lead {number}" for number in range(19)), "Shortest wait"]
        for number, name in enumerate(names):
            self._expired(name=name, days=50 - number)
        self._send()

    def _follow(self, text, tour):
        path = self._links(self.user_own)[text].removeprefix(self.company.get_base_url())
        self.start_tour(path, tour, login=self.user_own.login)

    def test_a_link_opens_the_lead(self):
        self._follow("Longest wait", "lead_digest_lead")

    def test_the_link_to_the_rest_opens_the_list(self):
        self._follow("and 1 more", "lead_digest_list")
