from odoo.exceptions import UserError

from .closing_common import ClosingCase


class TestCallClosingLead(ClosingCase):
    """What a closing makes of its lead, of clients in the archive and of prices of next to nothing; and its undoing."""

    def _taken_entry(self):
        entry = self.entries[0]
        entry.write(entry._prepare_claim_values(self.operator))
        return entry

    # ------------------------------------------------------------
    # THE LEAD
    # ------------------------------------------------------------

    def test_a_lead_takes_one_step(self):
        """By its outcome, its client or its order it goes on as its next type, and is not won as that one, too."""
        lead = self.entries[0].lead_id
        lead.contact_name = "Ada Neu"
        first, following = lead.lead_type_id, self._lead_type(name="Stay")
        qualified = lead._map_stages("qualified")[lead]
        first.next_type_id = following
        for by_client in (False, True):
            for stage in (qualified.browse(), qualified):
                with self.subTest(by_client=by_client, stage=stage.name), self._tried():
                    first.succeeds_with_client = by_client
                    self.sale.stage_id = stage
                    order = self._close(entry=self._taken_entry()).order_id
                    self.assertEqual((order.state, order.opportunity_id), ("sale", lead))
                    self.assertEqual((lead.lead_type_id, lead.won_status), (following, "pending"))
                    self.assertIn("order", lead.event_ids.mapped("kind"))

    def test_an_order_wins_its_lead_wherever_the_outcome_leads(self):
        lead = self.entries[0].lead_id
        lead.contact_name = "Ada Neu"
        for kind in ("open", "frozen", "qualified", "not_interested", "abandoned"):
            with self.subTest(kind=kind), self._tried():
                self.sale.stage_id = lead._map_stages(kind)[lead]
                order = self._close(entry=self._taken_entry()).order_id
                self.assertEqual((order.state, lead.won_status, lead.active), ("sale", "won", True))

    # ------------------------------------------------------------
    # CLIENTS
    # ------------------------------------------------------------

    def test_a_client_in_the_archive_is_shown_and_not_made_again_unasked(self):
        client = self.env["res.partner"].create({"name": "Marco Rossi", "phone": "+39 333 1234000", "active": False})
        entry = self._taken_entry()
        entry.lead_id.contact_name = "Marco Rossi"
        dialog = self._sale_dialog(entry=entry)
        (candidate,) = dialog.get_cart({"lines": []})["clients"]["candidates"]
        self.assertEqual(candidate["id"], client.id)
        with self.assertRaisesRegex(UserError, "Marco Rossi may be a client already"):
            dialog.action_confirm()
        with self._tried():
            dialog.is_new_client = True
            dialog.action_confirm()
            self.assertNotIn(entry.lead_id.partner_id, (client, client.browse()))
        dialog.write({"client_id": client.id, "is_new_client": False})
        dialog.action_confirm()
        self.assertEqual((entry.lead_id.partner_id, entry.call_ids.order_id.partner_id), (client, client))
        self.assertFalse(client.active, "who has archived a client decides about that")

    def test_saying_new_makes_no_second_one_of_who_is_known_for_sure(self):
        client = self.env["res.partner"].create({"name": "Marco Rossi", "phone": "+39 333 1234000"})
        entry = self._taken_entry()
        entry.lead_id.contact_name = "Marco Rossi"
        self.assertEqual(self._close(entry=entry, is_new_client=True).order_id.partner_id, client)

    # ------------------------------------------------------------
    # PRICES
    # ------------------------------------------------------------

    def test_a_price_that_rounds_to_that_of_the_list_is_below_it(self):
        screws, water = self._product("Test screws", 0.004), self._product("Test water", 1.234)
        for line in (
            self._line(screws, quantity=100_000, price_unit=0),
            self._line(water, quantity=100_000, price_unit=1.23),
        ):
            with self.subTest(line=line), self.assertRaisesRegex(UserError, "can't be sold below"):
                self._sale_dialog(line, entry=self._taken_entry()).action_confirm()
        order = self._close(self._line(water, price_unit=1.23), entry=self._taken_entry()).order_id
        self.assertEqual(order.amount_untaxed, 1.23, "one costs the same")

    def test_a_barcode_is_no_quantity(self):
        for values in ({"quantity": 4006381333931}, {"price_unit": 1e13}, {"quantity": 1e8, "price_unit": 1e8}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "too much for one line"):
                self._sale_dialog(self._line(**values), entry=self._taken_entry()).action_confirm()

    # ------------------------------------------------------------
    # TAKEN BACK
    # ------------------------------------------------------------

    def test_what_odoo_has_locked_by_itself_is_taken_back(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref("sale.group_auto_done_setting")
        call = self._close(entry=self._taken_entry())
        order = call.order_id
        self.assertTrue(order.locked)
        with self._tried():
            order.order_line.qty_delivered = 1
            call.with_user(self.operator).action_take_back()
            self.assertEqual((order.state, order.locked), ("sale", True))
            dialog = self.env["crm.call.wizard"].search([("create_uid", "=", self.operator.id)])
            self.assertFalse(dialog.line_ids, "what stays is not sold a second time")
        call.with_user(self.operator).action_take_back()
        self.assertEqual(order.state, "cancel")

    def test_notes_of_the_cart_come_back(self):
        call = self._close(self._line(notes="by the sea"), self._line(self.bikes), entry=self._taken_entry())
        call.with_user(self.operator).action_take_back()
        dialog = self.env["crm.call.wizard"].search([("create_uid", "=", self.operator.id)])
        self.assertEqual([line["notes"] for line in dialog.get_details()["cart"]], ["by the sea", ""])

    # ------------------------------------------------------------
    # CORRECTED
    # ------------------------------------------------------------

    def test_a_correction_makes_no_contract_and_hides_none(self):
        call = self._close(entry=self._taken_entry())
        corrected = call.with_user(self.coordinator)
        with self.assertRaisesRegex(UserError, f"The contract {call.order_id.contract_number} stands"):
            corrected.outcome_id = self.not_interested
        upsell = self.sale.copy({"name": "Upsell"})
        corrected.write({"outcome_id": upsell.id, "notes": "It was for next year"})
        self.assertEqual((call.outcome_id, call.notes), (upsell, "It was for next year"))
        call.order_id.action_cancel()
        corrected.outcome_id = self.not_interested
        for outcome in (self.sale, self.appointment):
            with self.subTest(outcome=outcome.name), self.assertRaisesRegex(UserError, "is confirmed in a call"):
                corrected.outcome_id = outcome
        self.assertEqual(call.outcome_id, self.not_interested)
