from odoo import fields
from odoo.tests import Form, tagged

from ..models.sale_order import SETTLED
from .common import LeadCase


class ProposalCase(LeadCase):
    """A lead type whose leads wait for their proposal, and quotations of its leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.booking = cls._lead_type(name="Booking")
        names = (("New", "open"), ("Preparing", "open"), ("Ready", "open"), ("Sent", "open"), ("Booked", "qualified"))
        cls.new, cls.preparing, cls.ready, cls.sent, cls.booked = cls.env["crm.stage"].create(
            [
                {"name": name, "sequence": number, "stage_type": kind, "lead_type_ids": cls.booking.ids}
                for number, (name, kind) in enumerate(names)
            ]
        )
        cls.booking.write(
            {
                "initial_stage_id": cls.new.id,
                "proposal_draft_stage_id": cls.preparing.id,
                "proposal_ready_stage_id": cls.ready.id,
                "proposal_sent_stage_id": cls.sent.id,
                "order_confirmed_stage_id": cls.booked.id,
            }
        )
        cls.client = cls.env["res.partner"].create({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.product = cls.env["product.product"].create({"name": "Pitch", "list_price": 100})

    def setUp(self):
        super().setUp()
        self.lead = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)

    def _stage(self, lead_type, name, kind):
        return self.env["crm.stage"].create({"name": name, "stage_type": kind, "lead_type_ids": lead_type.ids})

    def _proposal(self, lead=None, **values):
        lead = lead or self.lead
        return self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "order_line": [fields.Command.create({"product_id": self.product.id})],
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestProposal(ProposalCase):
    """Leads follow their proposals."""

    def test_the_first_quotation_is_in_preparation(self):
        self._proposal()
        self.assertEqual(self.lead.stage_id, self.preparing)
        self.assertEqual(self.lead.proposal_status, "draft")

    def test_nothing_goes_back(self):
        self.lead.stage_id = self.ready
        self._proposal()
        self.assertEqual(self.lead.stage_id, self.ready)

    def test_sent_by_hand(self):
        self._proposal().action_quotation_sent()
        self.assertEqual(self.lead.stage_id, self.sent)
        self.assertEqual(self.lead.proposal_status, "sent")
        self.assertEqual([event.data["step"] for event in self._events(self.lead, "proposal")], ["created", "sent"])

    def test_odoos_mails_name_the_number_and_not_what_the_desk_calls_the_lead(self):
        self.lead.name = "Grumpy Marco"
        orders = self.env["sale.order"].with_context(**self.lead._prepare_opportunity_quotation_context())
        order = orders.create({})
        self.assertEqual(order.origin, self.lead.number)
        mail = self.env.ref("sale.email_template_edi_sale")._render_field("body_html", order.ids)[order.id]
        self.assertNotIn("Grumpy", mail)

    def test_sent_by_the_dialog(self):
        order = self._proposal()
        action = order.action_quotation_send()
        composer = self.env["mail.compose.message"].with_context(**action["context"]).create({})
        composer._action_send_mail()
        self.assertEqual((order.state, self.lead.stage_id), ("sent", self.sent))

    def test_one_accepted_settles_the_lead_and_ends_the_others(self):
        orders = self._proposal() + self._proposal()
        orders.action_quotation_sent()
        orders[0].action_confirm()
        self.assertEqual(self.lead.stage_id, self.booked)
        self.assertEqual(orders.mapped("state"), ["sale", "cancel"])
        self.assertEqual(self.lead.proposal_status, "accepted")

    def test_the_others_stay_where_the_company_wants_that(self):
        self.company.proposal_cancel_others = False
        orders = self._proposal() + self._proposal()
        orders[0].action_confirm()
        self.assertEqual(orders.mapped("state"), ["sale", "draft"])

    def test_types_without_proposals_keep_all_quotations(self):
        self.booking.write({"proposal_draft_stage_id": False, "proposal_ready_stage_id": False})
        self.booking.proposal_sent_stage_id = False
        orders = self._proposal() + self._proposal()
        orders[0].action_confirm()
        self.assertEqual(orders.mapped("state"), ["sale", "draft"])

    def test_over_when_all_expired_or_refused(self):
        orders = self._proposal() + self._proposal()
        orders.action_quotation_sent()
        orders[0].action_cancel()
        self.assertEqual(self.lead.proposal_status, "sent")
        orders[1].validity_date = "2020-01-01"
        self.assertEqual(self.lead.proposal_status, "over")
        self.assertEqual(self.lead.next_step, "conclude")
        self.assertTrue(self.lead.active, "it does not close by itself")

    def test_others_are_off_by_the_type_in_which_one_was_accepted(self):
        """Whatever the lead goes on as."""
        later = self._lead_type(name="Later")
        later.initial_stage_id = self._stage(later, "To do", "open")
        self.booking.next_type_id = later
        orders = self._proposal() + self._proposal()
        orders[0].action_confirm()
        self.assertEqual(self.lead.lead_type_id, later)
        self.assertEqual(orders.mapped("state"), ["sale", "cancel"])

    def test_others_stay_where_the_next_type_works_with_proposals(self):
        earlier = self._lead_type(name="Earlier", next_type_id=self.booking.id)
        earlier.initial_stage_id = self._stage(earlier, "To do", "open")
        self._stage(earlier, "Done", "qualified")
        lead = self._lead(lead_type_id=earlier.id, partner_id=self.client.id)
        orders = self._proposal(lead) + self._proposal(lead)
        orders[0].action_confirm()
        self.assertEqual(lead.lead_type_id, self.booking)
        self.assertEqual(orders.mapped("state"), ["sale", "draft"])

    def test_a_confirmed_order_that_is_linked_later_ends_the_others(self):
        ways = {
            "field": lambda order, lead: order.write({"opportunity_id": lead.id}),
            "action": lambda order, lead: order.link_lead(lead),
        }
        for name, way in ways.items():
            with self.subTest(name):
                lead = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
                confirmed, other = self._proposal(lead, opportunity_id=False), self._proposal(lead)
                confirmed.action_confirm()
                self.assertEqual(other.state, "draft")
                way(confirmed, lead)
                self.assertEqual((lead.won_status, other.state), ("won", "cancel"))

    def test_a_quotation_that_is_linked_ends_nothing(self):
        orders = self._proposal(opportunity_id=False) + self._proposal()
        orders[0].link_lead(self.lead)
        self.assertEqual(orders.mapped("state"), ["draft", "draft"])

    def test_search_agrees_with_the_status(self):
        statuses = ["none", "draft", "sent", "over", "accepted"]
        leads = {status: self._lead(lead_type_id=self.booking.id, partner_id=self.client.id) for status in statuses}
        for status, lead in leads.items():
            if status != "none":
                order = self._proposal(lead)
                if status == "sent":
                    order.action_quotation_sent()
                elif status == "over":
                    order.action_cancel()
                elif status == "accepted":
                    order.action_confirm()
        among = [("id", "in", [lead.id for lead in leads.values()])]
        for status, lead in leads.items():
            self.assertEqual(lead.proposal_status, status)
            self.assertEqual(self.env["crm.lead"].search([("proposal_status", "=", status), *among]), lead)
            others = self.env["crm.lead"].search([("proposal_status", "!=", status), *among])
            self.assertEqual(len(others), 4)

    def test_whoever_sees_the_lead_sees_how_all_its_proposals_stand(self):
        """Whatever was read of them before, by somebody who sees only some."""
        self._proposal(user_id=self.user_manager.id).action_quotation_sent()
        self.lead.user_id = self.user_own
        self.env.invalidate_all()
        lead = self.lead.with_user(self.user_own)
        self.assertFalse(lead.order_ids, "a colleague's quotation")
        self.assertEqual(lead.proposal_status, "sent")

    def test_the_leads_validity_is_that_of_new_quotations(self):
        self.lead.proposal_deadline = "2100-05-01"
        self.assertEqual(self._proposal().validity_date, fields.Date.to_date("2100-05-01"))

        form = Form(self.env["sale.order"].with_context(**self.lead.action_new_quotation()["context"]))
        self.assertEqual(form.validity_date, fields.Date.to_date("2100-05-01"), "before it is saved")

    def test_a_quotation_that_gets_its_lead_later_keeps_its_validity(self):
        self.lead.proposal_deadline = "2100-05-01"
        order = self._proposal(opportunity_id=False, validity_date="2100-03-01")
        order.opportunity_id = self.lead
        self.assertEqual(order.validity_date, fields.Date.to_date("2100-03-01"))

    def test_a_merge_leaves_every_validity_as_it_is(self):
        """What has expired does not come back, what was proposed does not last longer."""
        other = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        days = ("2100-03-01", "2100-03-02", "2020-03-01", False)
        orders = self.env["sale.order"]
        for lead, day in zip((self.lead, other, other, other), days, strict=True):
            orders += self._proposal(lead, validity_date=day)
        other.with_context(keeps_validity=True).proposal_deadline = "2100-09-01"
        (self.lead + other).merge_opportunity()
        self.assertEqual(len(orders.opportunity_id), 1)
        self.assertEqual(orders.mapped("validity_date"), [fields.Date.to_date(day) or False for day in days])

    def test_a_longer_validity_extends_open_quotations(self):
        order, done = self._proposal(validity_date="2020-01-01"), self._proposal(validity_date="2020-01-01")
        done.action_cancel()
        self.lead.proposal_deadline = "2100-05-01"
        self.assertEqual(order.validity_date, fields.Date.to_date("2100-05-01"))
        self.assertEqual(done.validity_date, fields.Date.to_date("2020-01-01"))
        self.lead.proposal_deadline = "2100-03-01"
        self.assertEqual(order.validity_date, fields.Date.to_date("2100-05-01"))

    def test_a_lead_without_a_day_has_the_last_one_of_what_was_sent(self):
        orders = self._proposal(validity_date="2100-03-01") + self._proposal(validity_date="2100-05-01")
        orders.action_quotation_sent()
        self.assertEqual(self.lead.proposal_deadline, fields.Date.to_date("2100-05-01"))
        self.assertEqual(orders[0].validity_date, fields.Date.to_date("2100-03-01"), "it is no extension")
        self._proposal(validity_date="2100-09-01").action_quotation_sent()
        self.assertEqual(self.lead.proposal_deadline, fields.Date.to_date("2100-05-01"))

    def test_expired_only_while_nothing_stands(self):
        """Computed and found alike."""
        past = fields.Date.subtract(fields.Date.today(), days=3)
        ways = {
            "none": lambda order: order.with_context(disable_cancel_warning=True)._action_cancel() and order.unlink(),
            "over": lambda order: order.write({"validity_date": past}),
            "refused": lambda order: order.action_cancel(),
            "longer": lambda order: None,
            "endless": lambda order: order.write({"validity_date": False}),
            "accepted": lambda order: order.with_context(settles_leads=SETTLED).action_confirm(),
        }
        leads = {}
        for name, way in ways.items():
            leads[name] = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
            order = self._proposal(leads[name], validity_date="2100-03-01")
            order.action_quotation_sent()
            leads[name].with_context(keeps_validity=True).proposal_deadline = past
            way(order)
        found = self.env["crm.lead"].search([("is_proposal_expired", "=", True)])
        for name, lead in leads.items():
            is_expired = name in ("none", "over", "refused")
            self.assertEqual(lead.is_proposal_expired, is_expired, name)
            self.assertEqual(lead in found, is_expired, name)
