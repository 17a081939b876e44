import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..models import intake_graph
from ..models.intake_graph import LARGEST_ANSWER, GraphClient, GraphProblem
from .facebook_common import DOWN, EXPIRED, GONE, NO_PERMISSION, TOO_OFTEN
from .fake_server import FakeServer


@tagged("post_install", "-at_install")
class TestIntakeGraph(BaseCase):
    """The client of the Graph API, and a server in Facebook's place."""

    def setUp(self):
        super().setUp()
        self.answer = (200, {"id": "7"})
        self.server = self.enterContext(FakeServer(self._answer).running())
        self.client = GraphClient(self.server.url + "/", "v23.0", "the-token", "the-secret")

    def _answer(self, _asked):
        status, body = self.answer
        return status, body if isinstance(body, bytes) else json.dumps(body).encode(), {}

    def _problem(self, status, body):
        self.answer = status, body
        with self.assertRaises(GraphProblem) as problem:
            self.client.get("7")
        self.said = problem.exception.detail
        return problem.exception.word

    def test_what_is_asked(self):
        self.assertEqual(self.client.get("7", fields="id"), {"id": "7"})
        asked = self.server.requests[0]
        self.assertEqual(asked["path"], "/v23.0/7")
        proof = hmac.new(b"the-secret", b"the-token", hashlib.sha256).hexdigest()
        self.assertEqual(asked["query"], {"fields": "id", "appsecret_proof": proof})
        self.assertEqual(asked["headers"]["Authorization"], "Bearer the-token")

    def test_problems(self):
        for answer, word in (
            (EXPIRED, "token"),
            (NO_PERMISSION, "permission"),
            (TOO_OFTEN, "limit"),
            ((429, {}), "limit"),
            (GONE, "gone"),
            (DOWN, "down"),
            ((500, b"<html>"), "down"),
            ((404, b"<html>"), "answer"),
            ((302, {}), "answer"),
            ((200, b"<html>"), "answer"),
            ((200, b""), "answer"),
            ((200, b"[]"), "answer"),
            ((200, b"[" * 100_000), "answer"),
            ((200, {"error": {"code": 190}}), "token"),
            ((400, {"error": "text"}), "answer"),
            ((400, {"error": {"code": []}}), "answer"),
            ((200, b'{"id": "' + b"7" * LARGEST_ANSWER + b'"}'), "answer"),
        ):
            self.assertEqual(self._problem(*answer), word, str(answer)[:60])

    def test_nobody_is_there(self):
        client = GraphClient("http://127.0.0.1:1", "v23.0", "the-token", "the-secret")
        with self.assertRaises(GraphProblem) as problem:
            client.get("7")
        self.assertEqual(problem.exception.word, "down")
        self.assertNotIn("the-token", problem.exception.detail)

    def test_lists_come_page_by_page(self):
        def answer(asked):
            after = int(asked["query"].get("after") or 0)
            paging = {"cursors": {"after": str(after + 1)}, **({"next": "more"} if after < 2 else {})}
            return 200, json.dumps({"data": [after], "paging": paging}).encode(), {}

        self.server.answer = answer
        self.assertEqual(list(self.client.get_all("7/leads")), [0, 1, 2])

    def test_a_page_without_items_is_not_the_last(self):
        """The end is told by the lack of a next page alone."""

        def answer(asked):
            after = int(asked["query"].get("after") or 0)
            paging = {"cursors": {"after": str(after + 1)}, **({"next": "more"} if after < 2 else {})}
            return 200, json.dumps({"data": [after] if after else [], "paging": paging}).encode(), {}

        self.server.answer = answer
        self.assertEqual(list(self.client.get_all("7/leads")), [1, 2])

    def test_a_list_without_end_is_no_list(self):
        """What lacks its end is not taken for all that there is."""
        turns = iter(range(1_000_000))
        for cursor in (lambda: "x", lambda: str(next(turns) % 2), lambda: str(next(turns)), lambda: None, lambda: [1]):

            def answer(_asked, cursor=cursor):
                paging = {"cursors": {"after": cursor()}, "next": "more"}
                return 200, json.dumps({"data": [1], "paging": paging}).encode(), {}

            self.server.answer = answer
            with patch.object(intake_graph, "MOST_PAGES", 20), self.assertRaises(GraphProblem) as problem:
                list(self.client.get_all("7/leads"))
            self.assertEqual(problem.exception.word, "answer")

    def test_what_is_no_list(self):
        for answer in ({"data": {}}, {}):
            self.answer = (200, answer)
            with self.assertRaises(GraphProblem):
                list(self.client.get_all("7/leads"))

    def test_what_is_said_of_a_problem_tells_no_token(self):
        for token in ("the-token", "the-secret"):
            message = f"Malformed access token {token}" + "." * 300
            self.assertEqual(self._problem(400, {"error": {"message": message, "code": 190}}), "token")
            self.assertNotIn(token, self.said)
            self.assertIn("Malformed access token", self.said)

    def test_characters_that_no_database_stores(self):
        self.answer = (200, b'{"name": ["Ma\\ud83drco\\u0000", {"a\\u0000": "\\ud83d\\ude00 \\\\u0000"}]}')
        answer = self.client.get("7")
        self.assertEqual(answer["name"], ["Ma\N{REPLACEMENT CHARACTER}rco\N{REPLACEMENT CHARACTER}",
                                          {"a\N{REPLACEMENT CHARACTER}": "\N{GRINNING FACE} \\u0000"}])  # fmt: skip
        self.assertEqual(self._problem(400, b'{"error": {"message": "\\ud83d\\u0000"}}'), "answer")
        self.said.encode()
        self.assertNotIn("\0", self.said)
