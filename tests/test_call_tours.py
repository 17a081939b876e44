from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .call_common import TABLES
from .call_tour_common import CallTourCase


@tagged("post_install", "-at_install")
class TestCallTours(CallTourCase):
    """Calls as operators make them, in a browser."""

    def _counts(self):
        """How many rows there are; what chat says to newcomers is not of the calls."""
        counts = {
            name: self.env[name].with_context(active_test=False).search_count([])
            for name in TABLES
            if name != "mail.message"
        }
        counts["mail.message"] = self.env["mail.message"].search_count([("model", "!=", "discuss.channel")])
        return counts

    def test_three_contacts_by_keyboard(self):
        self._start("call_by_keyboard")
        ada, bea, cleo = self.entries
        self.assertEqual(
            [(call.lead_id, call.outcome_id.name, call.user_id) for call in self.campaign.call_ids.sorted("id")],
            [
                (ada.lead_id, "No answer", self.operator),
                (bea.lead_id, "Call back", self.operator),
                (cleo.lead_id, "Not interested", self.operator),
            ],
        )
        self.assertEqual(
            [(entry.state, entry.attempts) for entry in self.entries], [("waiting", 1)] * 2 + [("done", 1)]
        )
        self.assertFalse(ada.is_recall)
        self.assertEqual(ada.next_call_at, ada.call_ids.date_end + timedelta(minutes=30))

        self.assertEqual((bea.is_recall, bea.recall_user_id), (True, self.operator))
        self.assertEqual(bea.call_ids.notes, "Asks for 3 prices")
        there = fields.Datetime.context_timestamp(bea.with_context(tz="Europe/Rome"), bea.next_call_at)
        self.assertEqual(f"{there:%H:%M}", "10:30", "by the customer's clock")
        self.assertEqual(bea.lead_id.stage_id, self.asked)

        lead = cleo.lead_id
        self.assertEqual(
            (lead.won_status, lead.stage_id, lead.lost_reason_id.name), ("lost", self.gone, "Not interested")
        )
        self.assertFalse(self.env["crm.call.wizard"].search([("lead_id", "in", self.leads.ids)]))

    def test_stop_leaves_nothing(self):
        names = ["state", "attempts", "next_call_at", "recall_user_id", "is_recall", "claimed_by_id", "claimed_until"]
        entries, counts = self.entries.read(names), self._counts()
        leads = self.leads.read(["stage_id", "won_status", "lost_reason_id"])
        self._start("call_stop")
        self.assertEqual(self._counts(), counts)
        self.assertEqual(self.entries.read(names), entries)
        self.assertEqual(self.leads.read(["stage_id", "won_status", "lost_reason_id"]), leads)
        in_line = self.entries.sorted("date_queued").mapped("lead_id.contact_name")
        self.assertEqual(in_line, ["Tour Cleo", "Tour Ada", "Tour Bea"], "behind the others")

    def test_a_reload_loses_nothing(self):
        self._start("call_reload")
        call = self.entries[0].call_ids
        self.assertEqual((call.outcome_id.name, call.notes), ("Call back", "Wants a pitch near the sea"))
        self.assertEqual([(answer.question, answer.number) for answer in call.answer_ids], [("How much?", 450)])
        self.assertEqual(call.recall_at.date(), fields.Date.today() + timedelta(days=7))
        self.assertFalse(self.entries[1].call_ids)

    def test_take_back(self):
        self._start("call_take_back")
        entry = self.entries[0]
        self.assertEqual(entry.call_ids.mapped("outcome_id.name"), ["Wrong number"])
        self.assertEqual((entry.state, entry.attempts), ("done", 1))
        self.assertEqual((self.leads[0].won_status, self.leads[0].stage_id), ("pending", self.asked))
        kinds = self.leads[0].event_ids.sorted("id").mapped("kind")
        self.assertEqual([kind for kind in kinds if kind.startswith("call")], ["call", "call_undo", "call"])
        self.assertFalse(self.env["crm.call.wizard"].search([("lead_id", "in", self.leads.ids)]))

    def test_from_a_lead(self):
        seller = self._user(
            "Tour Caller", "sales_team.group_sale_salesman_all_leads,crm_lead_lifecycle.group_call_operator"
        )
        client = self.env["res.partner"].create({"name": "Tour Dora", "country_id": self.italy.id})
        lead = self.env["crm.lead"].create(self._lead_values("Dora", 20, user_id=seller.id))
        lead._link_client(client)
        client.phone = "+39 333 1234567"
        self.env["phone.blacklist"]._add(["+393331234567"])
        with mute_logger("odoo.http"):  # the first try is refused
            self._start("call_from_lead", f"/odoo/crm.lead/{lead.id}", seller)
        self.assertEqual((lead.call_ids.outcome_id.name, lead.call_ids.user_id), ("Wrong number", seller))
        self.assertFalse(lead.call_ids.campaign_id)

    def _create_products(self):
        category = self.env["product.category"].create({"name": "Tour stays"})
        return self.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "service",
                    "list_price": price,
                    "categ_id": category.id,
                    "taxes_id": False,
                    "company_id": self.company.id,
                }
                for name, price in (("Tour pitch", 100), ("Tour bikes", 20))
            ]
        )

    def test_close_with_two_products(self):
        pitch, bikes = self._create_products()
        with mute_logger("odoo.http"):  # a price that is too low is refused first
            self._start("call_cart_close")
        call = self.entries[0].call_ids
        order = call.order_id
        self.assertEqual(
            (call.outcome_id.name, order.state, order.company_id), ("Interested: sale", "sale", self.company)
        )
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in order.order_line],
            [(pitch, 3, 100), (bikes, 1, 25)],
        )
        self.assertTrue(order.contract_number.endswith("00001"))
        self.assertEqual((order.partner_id.name, self.leads[0].client_status), ("Tour Ada", "converted"))

    def test_stop_with_a_full_cart_leaves_nothing(self):
        self._create_products()
        partners = self.env["res.partner"].with_context(active_test=False)
        counts, clients = self._counts(), partners.search_count([])
        self._start("call_cart_stop")
        self.assertEqual(self._counts(), counts)
        self.assertEqual(partners.search_count([]), clients)
        self.assertEqual(self.company._get_contract_sequence().number_next_actual, 1)
        self.assertEqual(self.entries.mapped("state"), ["ready"] * 3)
