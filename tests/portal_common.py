from lxml import html

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from ..models import crm_lead_rate
from .common import LeadCase

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)
GONE = "This link does not work any more"


class PortalCase(HttpCase, LeadCase):
    """A request of a client who has a portal login, and a browser that nobody is logged in with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.partner_id.write({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.client = cls.user_portal.partner_id
        cls.user_own.partner_id.write({"name": "Anna Desk", "email": "anna@desk.example.com"})
        cls.product = cls.env["product.product"].create({"name": "A pitch", "list_price": 100, "taxes_id": False})
        cls.lead = cls._request()

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        crm_lead_rate._counted.clear()  # what is rolled back after a test, a process would still know

    @classmethod
    def _request(cls, **values):
        values = {"name": "Hidden title", "request": "Two weeks in July", "partner_id": cls.client.id, **values}
        return cls._lead(**values)

    def _propose(self, lead=None, state="sent", **values):
        """A quotation of a lead, sent or whatever else."""
        lead = lead or self.lead
        order = self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 3})],
                **values,
            }
        )
        if state in ("sent", "sale"):
            order.action_quotation_sent()
        if state == "sale":
            order.action_confirm()
        return order

    def _send_links(self):
        """Send the links that customers have asked for.

        :return: mail.mail
        """
        with self.mock_mail_gateway():
            self.env.ref("crm_lead_lifecycle.crm_lead_link_cron").method_direct_trigger()
        return self._new_mails

    # ------------------------------------------------------------
    # BROWSING
    # ------------------------------------------------------------

    def _get(self, path, **kwargs):
        self.env.flush_all()
        with mute_logger("odoo.http"):
            response = self.url_open(path, timeout=60, **kwargs)
        self.env.invalidate_all()
        return response

    def _path(self, lead=None, path=""):
        return f"/my/requests/{(lead or self.lead).id}{path}"

    def _follow(self, lead=None):
        """Follow the link of a request, as its mail has it."""
        token = (lead or self.lead)._portal_ensure_token()
        return self._get(f"{self._path(lead)}?access_token={token}")

    def _page(self, response):
        return html.fromstring(response.content)

    def _text(self, response):
        return " ".join(self._page(response).find(".//main").text_content().split())

    def _csrf(self, path=None):
        """The token of a form, as the page gives it."""
        page = self._page(self._get(path or self._path()))
        return page.xpath("//main//input[@name='csrf_token']/@value")[0]

    def _post(self, path, token=None, files=None, is_script=True, **values):
        token = self._csrf() if token is None else token
        headers = {"Accept": "application/json"} if is_script else {}
        return self._get(
            path, data={"csrf_token": token, **values}, files=files, headers=headers, allow_redirects=False
        )

    def _write(self, text, lead=None, **kwargs):
        return self._post(self._path(lead, "/messages"), text=text, **kwargs)

    def _poll(self, after=0, lead=None, **values):
        query = "".join(f"&{name}={value}" for name, value in values.items())
        return self._get(self._path(lead, f"/messages?after={after}{query}"))

    def _rpc(self, path, **params):
        """Odoo's own JSON routes.

        :return: what the route answers, or None if it refuses
        """
        self.env.flush_all()
        with mute_logger("odoo.http"):
            response = self.url_open(path, json={"jsonrpc": "2.0", "params": params}, timeout=60)
        self.env.invalidate_all()
        return response.json().get("result") if response.status_code == 200 else None

    def _messages(self, lead=None):
        return (lead or self.lead)._get_conversation()

    def _yesterday(self):
        return fields.Date.subtract(fields.Date.today(), days=1)
