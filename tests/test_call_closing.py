from unittest.mock import patch

from odoo.addons.sale.models.sale_order import SaleOrder
from odoo.exceptions import UserError
from odoo.fields import Command

from .closing_common import ClosingCase

GROUP = "crm_lead_lifecycle.group_call_price"


class TestCallClosing(ClosingCase):
    """A closing that is confirmed: order, number and client in one transaction, or nothing at all."""

    def assertRefused(self, words, *lines, dialog=None, **values):
        """The outcome is refused in these words, and nothing is written."""
        dialog = dialog or self._sale_dialog(*lines, **values)
        self.env.flush_all()
        before = self._all_counts()
        with self.assertRaisesRegex(UserError, words):
            dialog.action_confirm()
        self.assertEqual(self._all_counts(), before)

    # ------------------------------------------------------------
    # WHAT IT MAKES
    # ------------------------------------------------------------

    def test_two_products_make_a_confirmed_order_with_a_number(self):
        entry = self._claim()
        lead = entry.lead_id
        source = self.env["utm.source"].create({"name": "Closing source"})
        lead.write({"contact_name": "Ada Neu", "email_from": "ada.neu@example.com", "source_id": source.id})
        call = self._close(
            self._line(quantity=2, notes="by the sea"), self._line(self.bikes, price_unit=25), entry=entry, notes="Yes!"
        )
        order = call.order_id
        self.assertEqual((order.state, order.opportunity_id, order.source_id), ("sale", lead, source))
        self.assertEqual((order.company_id, order.amount_untaxed, order.amount_total), (self.company, 225, 247.5))
        self.assertEqual(order.order_line.mapped("price_unit"), [100, 25])
        self.assertTrue(order.order_line[0].name.endswith("\nby the sea"))
        self.assertRegex(order.contract_number, r"^CTR/\d{4}/\d{5}$")
        self.assertEqual(
            (order.contract_user_id, order.contract_campaign_id, order.contract_date),
            (self.operator, self.campaign, call.date_end),
        )
        self.assertEqual((entry.state, entry.attempts), ("done", 1))
        self.assertEqual((lead.won_status, lead.client_status, lead.partner_id.name), ("won", "converted", "Ada Neu"))
        self.assertEqual(order.partner_id, lead.partner_id)
        self.assertFalse(self.env["crm.call.wizard.line"].search([]))

    def test_the_operator_is_told_the_number(self):
        dialog = self._sale_dialog(self._line())
        lead, outcome = dialog.sudo().lead_id, dialog.outcome_id
        told = dialog.action_confirm()["params"]["outcome"]
        self.assertEqual(told, f"{outcome.name}, contract {lead.order_ids.contract_number}")

    def test_salesperson_and_team_are_those_of_a_quotation_of_the_lead(self):
        entry = self._claim()
        entry.lead_id.write({"user_id": self.user_own.id, "team_id": self.team.id, "contact_name": "Ada"})
        order = self._close(entry=entry).order_id
        self.assertEqual((order.user_id, order.team_id), (self.user_own, self.team))

    def test_the_order_is_what_odoo_makes_of_the_lead(self):
        client = self.env["res.partner"].create({"name": "Friend", "property_product_pricelist": self.price_list.id})
        entry = self._claim()
        entry.lead_id.partner_id = client
        context = entry.lead_id._prepare_opportunity_quotation_context()
        normal = self.env["sale.order"].with_context(**context).create(
            {"order_line": [Command.create(self._line(product_uom_qty=3))]}
        )  # fmt: skip
        order = self._close(self._line(quantity=3), entry=entry).order_id
        names = (
            "partner_id", "partner_invoice_id", "pricelist_id", "currency_id", "fiscal_position_id", "payment_term_id",
            "team_id", "company_id", "amount_untaxed", "amount_tax", "amount_total", "origin", "campaign_id",
        )  # fmt: skip
        for name in names:
            with self.subTest(name=name):
                self.assertEqual(order[name], normal[name])

    def test_the_order_is_the_calls_companys(self):
        self.operator.company_ids += self.other_company
        lead = self._lead(user_id=False, company_id=self.other_company.id, phone="+39 333 8888888", contact_name="Bo")
        campaign = self._campaign(lead, company_id=self.other_company.id, user_ids=False)
        entry = self._claim(campaign=campaign)
        dialog = self._sale_dialog(self._line(self.foreign), entry=entry)
        dialog.with_context(allowed_company_ids=self.company.ids).action_confirm()
        order = entry.call_ids.order_id
        self.assertEqual((order.company_id, order.currency_id), (self.other_company, self.other_company.currency_id))
        own = self._close().order_id
        self.assertTrue(own.contract_number.endswith("00001") or own.contract_number != order.contract_number)
        self.assertTrue(order.contract_number.endswith("00001"), "each company counts on its own")

    # ------------------------------------------------------------
    # WHAT IS REFUSED
    # ------------------------------------------------------------

    def test_what_can_not_be_sold_is_refused_in_words(self):
        archived = self._product("Test archived", 1, active=False)
        unsaleable = self._product("Test unsaleable", 1, sale_ok=False)
        for words, values in (
            ("“Test archived” is archived. Remove it", self._line(archived)),
            ("“Test unsaleable” is not for sale", self._line(unsaleable)),
            ("Product 2 of the cart is another company's", self._line(self.foreign)),
            ("the quantity has to be more than 0", self._line(self.bikes, quantity=0)),
            ("the quantity has to be more than 0", self._line(self.bikes, quantity=-1)),
            ("the quantity has to be more than 0", self._line(self.bikes, quantity=0.0001)),
            ("the price can't be below 0", self._line(self.bikes, price_unit=-1)),
            ("between 0 and 100 %", self._line(self.bikes, discount=101)),
            ("between 0 and 100 %", self._line(self.bikes, discount=-1)),
        ):
            with self.subTest(words=words, values=values):
                self.assertRefused(words, self._line(), values, entry=self._taken_entry())

    def _taken_entry(self):
        entry = self.entries[0]
        entry.write(entry._prepare_claim_values(self.operator))
        return entry

    def test_an_empty_cart_is_refused(self):
        self.assertRefused("The cart is empty", dialog=self._dialog(self._claim(), outcome_id=self.sale.id))

    def test_below_the_price_list_only_by_right(self):
        cheap, generous = self._line(price_unit=99), self._line(discount=10)
        self.assertRefused(r"“.*Test pitch” can't be sold below .*100\.00", cheap, entry=self._taken_entry())
        self.assertRefused(r"the largest discount is 0\.00 %", generous, entry=self._taken_entry())
        self.company.call_discount_max = 5
        self.assertRefused(r"5\.00 %, which makes .*95\.00", generous, entry=self._taken_entry())
        self.company.call_discount_max = 10
        order = self._close(generous, self._line(self.bikes, price_unit=21), entry=self._taken_entry()).order_id
        self.assertEqual(order.amount_untaxed, 90 + 21)

    def test_who_may_change_prices_gives_what_they_like(self):
        self.operator.group_ids += self.env.ref(GROUP)
        order = self._close(self._line(price_unit=0), self._line(self.bikes, discount=100)).order_id
        self.assertEqual((order.state, order.amount_total), ("sale", 0))
        self.assertTrue(self.coordinator.has_group(GROUP), "coordinators may as well")
        self.assertFalse(self.rival.has_group(GROUP))

    def test_a_discount_of_the_price_list_is_given_to_everybody(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref("sale.group_discount_per_so_line")
        self.price_list.item_ids.write({"compute_price": "percentage", "percent_price": 20})
        client = self.env["res.partner"].create({"name": "Friend", "property_product_pricelist": self.price_list.id})
        entry = self._claim()
        entry.lead_id.partner_id = client
        order = self._close(entry=entry).order_id
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (100, 20))

    def test_if_odoo_does_not_confirm_nothing_is_there(self):
        dialog = self._sale_dialog()
        self.env.flush_all()
        before = self._all_counts()
        with (
            patch.object(SaleOrder, "_action_confirm", side_effect=UserError("No credit")),
            self.assertRaisesRegex(UserError, "No credit"),
            self.env.cr.savepoint(),
        ):
            dialog.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(self._all_counts(), before)

    def test_stop_with_a_full_cart_leaves_nothing(self):
        before = self._all_counts()
        dialog = self._sale_dialog(self._line(quantity=3), self._line(self.bikes), is_new_client=True)
        dialog.get_cart({"lines": [self._line(quantity=1)]})
        dialog.action_stop()
        self.env.flush_all()
        self.assertEqual(self._all_counts(), before)

    # ------------------------------------------------------------
    # WHO IT IS
    # ------------------------------------------------------------

    def test_a_sure_client_is_taken_and_nothing_on_it_is_overwritten(self):
        client = self.env["res.partner"].create({"name": "Marco Rossi", "phone": "+39 333 1234000", "city": "Turin"})
        entry = self._taken_entry()
        entry.lead_id.write({"contact_name": "Marco Rossi", "email_from": "new@example.com", "city": "Rome"})
        before = client.read(["name", "phone", "city", "email"])
        order = self._close(entry=entry).order_id
        self.assertEqual((order.partner_id, entry.lead_id.client_status), (client, "linked"))
        self.assertEqual(client.read(["name", "phone", "city", "email"]), before)

    def test_who_may_be_a_client_is_decided_by_the_operator(self):
        client = self.env["res.partner"].create({"name": "Marco Rossi", "phone": "+39 333 1234000"})
        stranger = self.env["res.partner"].create({"name": "Somebody Else"})
        entry = self._taken_entry()
        entry.lead_id.contact_name = "Lucia Rossi"
        self.assertRefused("Lucia Rossi may be a client already", entry=entry)
        self.assertRefused("Choose one of the clients that are shown", entry=entry, client_id=stranger.id)
        with self._tried():
            order = self._close(entry=entry, client_id=client.id).order_id
            self.assertEqual((order.partner_id, entry.lead_id.client_status), (client, "linked"))
        order = self._close(entry=self._taken_entry(), is_new_client=True).order_id
        self.assertNotEqual(order.partner_id, client)
        self.assertEqual((order.partner_id.name, entry.lead_id.client_status), ("Lucia Rossi", "converted"))

    def test_a_client_of_another_company_is_nobody(self):
        self.env["res.partner"].create(
            {"name": "Marco Rossi", "phone": "+39 333 1234000", "company_id": self.other_company.id}
        )
        entry = self._taken_entry()
        entry.lead_id.contact_name = "Marco Rossi"
        order = self._close(entry=entry).order_id
        self.assertEqual((entry.lead_id.client_status, order.partner_id.company_id.id), ("converted", False))

    def test_nobody_can_be_sold_to_who_can_not_be_reached(self):
        lead = self._lead(user_id=self.operator.id, name="No way", phone=False)
        dialog = self._dialog(
            lead_id=lead.id, outcome_id=self.sale.id, line_ids=[Command.create(self._line())]
        )  # fmt: skip
        self.assertRefused("needs an e-mail address or a phone number", dialog=dialog)

    # ------------------------------------------------------------
    # TAKEN BACK
    # ------------------------------------------------------------

    def test_taking_back_cancels_the_order_and_keeps_its_number(self):
        entry = self._taken_entry()
        lead = entry.lead_id
        lead.contact_name = "Ada Neu"
        stage = lead.stage_id
        call = self._close(self._line(quantity=2), self._line(self.bikes, price_unit=25), entry=entry)
        order, number, client = call.order_id, call.order_id.contract_number, lead.partner_id
        action = call.with_user(self.operator).action_take_back()
        self.assertIn("Ada Neu stays as a client", action["params"]["message"])
        self.assertEqual((order.state, order.contract_number), ("cancel", number))
        self.assertEqual((order.contract_user_id, order.contract_campaign_id), (self.operator, self.campaign))
        self.assertEqual((lead.stage_id, lead.won_status, lead.partner_id), (stage, "pending", client))
        self.assertEqual((entry.state, entry.claimed_by_id), ("claimed", self.operator))
        dialog = self.env["crm.call.wizard"].with_user(self.operator).browse(action["params"]["next"]["res_id"])
        cart = dialog.get_details()["cart"]
        self.assertEqual(
            [(line["product_id"], line["quantity"]) for line in cart], [(self.pitch.id, 2), (self.bikes.id, 1)]
        )
        self.assertEqual([line["price_unit"] for line in cart], [None, 25])

    def test_an_order_that_is_locked_or_delivered_stays(self):
        entry = self._taken_entry()
        call = self._close(entry=entry)
        order = call.order_id
        for change, back in (({"locked": True}, {"locked": False}), ("delivered", None)):
            with self.subTest(change=change), self._tried():
                if back:
                    order.write(change)
                else:
                    order.order_line.qty_delivered = 1
                action = call.with_user(self.operator).action_take_back()
                self.assertIn(f"The contract {order.contract_number} stays", action["params"]["message"])
                self.assertEqual((order.state, entry.lead_id.won_status), ("sale", "won"))
