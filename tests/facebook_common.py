import json
from datetime import datetime, timezone

from odoo import fields

from ..models.crm_intake_facebook import GRAPH_URL
from .common import LeadCase
from .fake_server import FakeServer

PAGE, FORM = "1065432", "7654"
TOKEN, APP_SECRET = "page-token-of-ours", "app-secret-of-ours"
START = "2026-05-04 08:00:00"
EXPIRED = (400, {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190}})
NO_PERMISSION = (403, {"error": {"message": "(#200) Requires leads_retrieval", "code": 200}})
TOO_OFTEN = (400, {"error": {"message": "(#32) Page request limit reached", "code": 32}})
GONE = (400, {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}})
DOWN = (503, {"error": {"message": "Try later", "code": 2}})


class FakeGraph(FakeServer):
    """Facebook as far as we know it: forms of a page, leads of a form, and a lead. A test puts ``leads`` there, says
    which ``trouble`` there is and after how many items a list has a next page."""

    def __init__(self):
        super().__init__(self._answer_graph)
        self.reset()

    def reset(self):
        self.requests.clear()
        self.leads = {}
        self.trouble = {}
        self.page_size = 50
        self.forms = [FORM]

    def _answer_graph(self, asked):
        path = asked["path"].removeprefix("/v23.0/")
        trouble = self.trouble.get(path) or self.trouble.get("*")
        status, answer = trouble or self._find(path, asked["query"])
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return status, body, {"Content-Type": "application/json"}

    def _find(self, path, query):
        if path == f"{PAGE}/leadgen_forms":
            return 200, {"data": [{"id": form, "name": "Summer"} for form in self.forms]}
        if path.endswith("/leads"):
            return 200, self._list(query) if path == f"{FORM}/leads" else {"data": []}
        return (200, self.leads[path]) if path in self.leads else GONE

    def _list(self, query):
        since = json.loads(query["filtering"])[0]["value"]
        after = int(query.get("after") or 0)
        found = [lead for lead in self.leads.values() if _seconds(lead) > since]
        found.sort(key=_seconds, reverse=True)
        answer = {"data": found[after : after + self.page_size]}
        if len(found) > after + self.page_size:
            answer["paging"] = {"cursors": {"after": str(after + self.page_size)}, "next": "http://elsewhere.invalid/"}
        return answer

    def add(self, number, created=START, **answers):
        """A lead that somebody left."""
        moment = fields.Datetime.to_datetime(created).strftime("%Y-%m-%dT%H:%M:%S+0000")
        answers = answers or {"full_name": "Marco Rossi", "email": f"m{number}@example.org"}
        rows = [{"name": name, "values": [value]} for name, value in answers.items()]
        self.leads[number] = {"id": number, "created_time": moment, "form_id": FORM, "field_data": rows}
        return self.leads[number]


def _seconds(lead):
    return datetime.strptime(lead["created_time"], "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc).timestamp()


class FacebookCase(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.graph = cls.enterClassContext(FakeGraph().running())
        cls.env["ir.config_parameter"].set_param(GRAPH_URL, cls.graph.url)
        cls.channel = cls.env["crm.intake.channel"].create(
            {"name": "Facebook", "code": "fb", "kind": "facebook", "app_secret_entry": APP_SECRET}
        )
        cls.page = cls.env["crm.intake.facebook.page"].create(
            {
                "channel_id": cls.channel.id,
                "name": "Camping",
                "number": PAGE,
                "token_entry": TOKEN,
                "date_from": "2026-05-01 00:00:00",
            }
        )
        cls.requests = cls.env["crm.intake.request"]

    def setUp(self):
        super().setUp()
        self.graph.reset()

    def _told(self, number, **values):
        """Facebook has told that there is a lead."""
        self.channel._at_work()._receive_leadgen({"leadgen_id": number, "page_id": PAGE, "form_id": FORM, **values})
        return self._request(number)

    def _request(self, number):
        return self.requests.search([("external_id", "=", number), ("state", "!=", "duplicate")])
