from odoo.exceptions import AccessError, UserError

from .test_client_order import PHONE, OrderCase


class TestOrderLink(OrderCase):
    """An order that is linked to its lead settles it: at once, or when it is confirmed."""

    def _stay(self, stage=None, **values):
        return self._lead(stage or self.asked_for, lead_type_id=self.stay.id, **values)

    def test_type_without_proposal_stages_is_won_at_once(self):
        lead = self._repair(self.looked, phone=PHONE)
        order = self._order()
        notice = order.link_lead(lead)
        self.assertEqual(order.opportunity_id, lead)
        self.assertLeadState(lead, self.repaired, "won")
        self.assertIn("is won", notice["params"]["message"])
        self.assertFalse(order.active_lead_ids)

    def test_type_with_proposal_stages_waits_for_the_order(self):
        for values in ({"proposal_sent_stage_id": False}, {"proposal_draft_stage_id": False}, {}):
            self.stay.write(
                {"proposal_draft_stage_id": self.drafted.id, "proposal_sent_stage_id": self.sent.id, **values}
            )
            with self.subTest(**values):
                lead, order = self._stay(), self._order()
                notice = order.link_lead(lead)
                self.assertNotIn("is won", notice["params"]["message"])
                self.assertLeadState(lead, self.stay.proposal_draft_stage_id or self.asked_for, "pending")
                order.action_confirm()
                self.assertLeadState(lead, self.booked, "won")

    def test_confirmed_order_wins_at_once(self):
        lead, order = self._stay(self.sent), self._order()
        order.action_confirm()
        self.assertLeadState(lead, self.sent, "pending")
        order.link_lead(lead)
        self.assertLeadState(lead, self.booked, "won")

    def test_stage_that_the_type_names(self):
        self.stay.order_confirmed_stage_id = self.gold
        lead, order = self._stay(), self._order()
        order.link_lead(lead)
        order.action_confirm()
        self.assertLeadState(lead, self.gold, "won")
        with self.subTest("it is archived"):
            self.gold.active = False
            lead, order = self._stay(), self._order()
            order.link_lead(lead)
            order.action_confirm()
            self.assertLeadState(lead, self.booked, "won")
        with self.subTest("it is another team's"):
            team = self.env["crm.team"].create({"name": "Gold desk"})
            self.gold.write({"active": True, "team_ids": team.ids})
            leads = self._stay(team_id=team.id) + self._stay(team_id=self.team.id)
            for lead in leads:
                order = self._order()
                order.link_lead(lead)
                order.action_confirm()
            self.assertEqual(leads.mapped("stage_id"), self.gold + self.booked)

    def test_type_without_a_qualified_stage_stays_where_it_is(self):
        survey = self._lead_type(name="Survey")
        (noted,) = self._add_stages(survey, ("Noted", "open"))
        self.env["crm.stage"].search([("lead_type_ids", "=", False)]).lead_type_ids = self.lead_type
        lead, order = self._lead(noted, lead_type_id=survey.id), self._order()
        order.link_lead(lead)
        order.action_confirm()
        self.assertEqual(order.opportunity_id, lead)
        self.assertLeadState(lead, noted, "pending")

    def test_successor(self):
        self.repair.next_type_id = self.stay
        self.stay.initial_stage_id = self.asked_for
        lead, order = self._repair(self.looked, type="lead"), self._order()
        notice = order.link_lead(lead)
        self.assertEqual((lead.lead_type_id, lead.type), (self.stay, "opportunity"))
        self.assertLeadState(lead, self.asked_for, "pending")
        self.assertIn("goes on as “Stay”", notice["params"]["message"])
        order.action_confirm()
        self.assertLeadState(lead, self.booked, "won")

    def test_successor_as_soon_as_there_is_a_client(self):
        """The customer that a lead gets takes it to its next type, where the order has to be confirmed."""
        self.repair.write({"next_type_id": self.stay.id, "succeeds_with_client": True})
        self.stay.initial_stage_id = self.asked_for
        lead, order = self._repair(phone=PHONE), self._order()
        notice = order.link_lead(lead)
        self.assertEqual((lead.lead_type_id, lead.partner_id), (self.stay, self.customer))
        self.assertLeadState(lead, self.asked_for, "pending")
        self.assertIn("goes on as “Stay”", notice["params"]["message"])
        order.action_confirm()
        self.assertLeadState(lead, self.booked, "won")

    def test_moves_of_the_type_do_not_refuse_an_order(self):
        self._set_moves((self.asked, self.looked))
        lead = self._repair()
        with self.assertRefuses("You can't move"):
            lead.with_user(self.user_own).stage_id = self.repaired
        self._order().link_lead(lead)
        self.assertLeadState(lead, self.repaired, "won")

    def test_what_the_form_asks_for_does_not_refuse_an_order(self):
        self.repair.contact_required = True
        lead = self._repair()
        self._order(self._partner("Nobody")).link_lead(lead)
        self.assertLeadState(lead, self.repaired, "won")

    def test_lead_of_odoos_other_kind(self):
        lead = self._stay(type="lead", phone=PHONE)
        order = self._order()
        self.assertFinds(order, lead)
        order.link_lead(lead.id)
        self.assertEqual((order.opportunity_id, lead.type), (lead, "lead"))
        order.action_confirm()
        self.assertLeadState(lead, self.booked, "won")

    def test_lead_without_a_client_gets_the_customer(self):
        lead = self._stay(phone=PHONE, contact_name="A. Rossi")
        self._order().link_lead(lead)
        self.assertEqual(lead.partner_id, self.customer)
        other = self._partner("Anna's mother")
        lead = self._stay(partner_id=other.id)
        self._order().link_lead(lead)
        self.assertEqual(lead.partner_id, other)

    def test_timeline(self):
        lead, order = self._stay(), self._order()
        order.link_lead(lead)
        event = self._events(lead, "order")
        self.assertEqual(event.data, {"order": order.id, "name": order.name})
        self.assertEqual((event.user_id, event.partner_id), (self.user_own, self.customer))
        self.assertEqual(event.with_user(self.user_own).summary, f"Linked to the order {order.name}")
        order.action_confirm()
        event, conclusion = self._events(lead)[-2:]
        self.assertEqual(event.summary, f"Order {order.name} was confirmed")
        self.assertEqual(conclusion.kind, "conclude")

    def test_second_click_changes_nothing(self):
        lead, order = self._repair(), self._order()
        order.link_lead(lead)
        before = self._events(lead)
        order.link_lead(lead)
        self.assertEqual(self._events(lead), before)

    def test_lead_that_was_linked_in_the_form_can_still_be_settled(self):
        lead = self._repair()
        order = self._order(opportunity_id=lead.id)
        self.assertLeadState(lead, self.asked, "pending")
        order.link_lead(lead)
        self.assertLeadState(lead, self.repaired, "won")
        self.assertFalse(self._events(lead, "order"))

    # ------------------------------------------------------------
    # REFUSALS
    # ------------------------------------------------------------

    def test_closed_leads(self):
        removed = self._lead()
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        archived = self._lead(active=False, probability=20)
        for lead in (self._lead(self.stage_won), self._lead(self.stage_lost), removed, archived):
            order = self._order()
            with self.subTest(stage=lead.stage_id.name, status=lead.client_status):
                with self.assertRefuses("is no longer open"):
                    order.link_lead(lead)
                self.assertFalse(order.opportunity_id)

    def test_no_lead_at_all(self):
        gone = self._lead()
        gone_id = gone.id
        gone.unlink()
        order = self._order()
        for value in (
            gone_id,
            0,
            -1,
            10**12,
            None,
            False,
            True,
            "7",
            [7],
            {},
            self._lead() + self._lead(),
            self.customer,
        ):
            with self.subTest(value=value), self.assertRefuses("There is no such lead"):
                order.link_lead(value)

    def test_cancelled_order(self):
        lead, order = self._repair(), self._order()
        order._action_cancel()
        with self.assertRefuses("is cancelled"):
            order.link_lead(lead)
        self.assertLeadState(lead, self.asked, "pending")

    def test_rights(self):
        foreign_lead, foreign_order = self._lead(user_id=self.user_all.id), self._order(user=self.user_all)
        with self.subTest("the lead"), self.assertRefuses("", AccessError):
            self._order().link_lead(foreign_lead.id)
        with self.subTest("the order"), self.assertRefuses("", AccessError):
            foreign_order.with_user(self.user_own).link_lead(self._lead().id)
        with self.subTest("a record that was read with more rights"), self.assertRefuses("", AccessError):
            self._order().link_lead(foreign_lead.sudo())
        order = self._order(partner=self.user_portal.partner_id)
        with self.subTest("a customer"), self.assertRefuses("", AccessError):
            order.with_user(self.user_portal).link_lead(self._lead().id)

    def test_another_company(self):
        lead = self._lead(user_id=False, team_id=False, company_id=self.other_company.id)
        order = self._order(user=self.user_manager, company_id=self.company.id)
        with self.assertRefuses("(?i)compan", UserError):
            order.link_lead(lead)
        self.assertLeadState(lead, self.stage_new, "pending")


class TestOrderConfirmation(OrderCase):
    """A confirmed order wins its lead, whoever confirms it."""

    def _lead_and_order(self, **values):
        lead = self._lead(user_id=self.user_all.id, **values)
        return lead, self._order(opportunity_id=lead.id)

    def assertConfirmed(self, order):
        self.assertEqual(order.sudo().state, "sale")

    def test_salesperson_who_does_not_see_the_lead(self):
        self._set_moves((self.stage_new, self.stage_working), lead_type=self.lead_type)
        lead, order = self._lead_and_order()
        self.assertFalse(lead.with_user(self.user_own).has_access("read"))
        order.with_user(self.user_own).action_confirm()
        self.assertConfirmed(order)
        self.assertLeadState(lead, self.stage_won, "won")
        self.assertEqual(self._events(lead, "conclude").user_id, self.user_own)

    def test_customers(self):
        for user in (self.user_portal, self.user_public):
            with self.subTest(user=user.login), self.mock_mail_gateway():
                lead, order = self._lead_and_order()
                order.with_user(user).sudo()._validate_order()
                self.assertConfirmed(order)
                self.assertLeadState(lead, self.stage_won, "won")

    def test_whoever_may_not_confirm_wins_nothing(self):
        lead, order = self._lead_and_order()
        order.sudo().user_id = self.user_all
        with self.assertRefuses("", AccessError):
            order.with_user(self.user_own).action_confirm()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_lost_lead_is_restored_and_won(self):
        lead, order = self._lead_and_order()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_lost, "lost", self.stage_new, self.reason)
        order.action_confirm()
        self.assertLeadState(lead, self.stage_won, "won")

    def test_removed_lead_is_left_alone(self):
        lead, order = self._lead_and_order()
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        order.action_confirm()
        self.assertConfirmed(order)
        self.assertLeadState(lead, self.stage_new, "removed")

    def test_won_lead_keeps_its_stage_and_its_date(self):
        other = self.env["crm.stage"].create({"name": "Booked twice", "stage_type": "qualified", "sequence": 9})
        with self._at("2026-03-01 09:30:00"):
            lead, order = self._lead_and_order(stage_id=other.id)
        self.assertEqual(str(lead.date_closed), "2026-03-01 09:30:00")
        order.action_confirm()
        self.assertLeadState(lead, other, "won")
        self.assertEqual(str(lead.date_closed), "2026-03-01 09:30:00")

    def test_cancelling_takes_nothing_back(self):
        lead, order = self._lead_and_order()
        order.action_confirm()
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertLeadState(lead, self.stage_won, "won")
        order.action_draft()
        self.assertLeadState(lead, self.stage_won, "won")

    def test_order_without_a_lead(self):
        order = self._order()
        order.action_confirm()
        self.assertConfirmed(order)

    def test_confirmed_before_it_gets_its_lead(self):
        order = self._order()
        order.action_confirm()
        lead = self._lead()
        order.opportunity_id = lead
        self.assertLeadState(lead, self.stage_won, "won")
        self.assertEqual(self._events(lead)[-2].summary, f"Order {order.name} was confirmed")
        before = self._events(lead)
        order.write({"opportunity_id": lead.id, "client_order_ref": "Twice"})
        self.assertEqual(self._events(lead), before)

    def test_imported_as_confirmed(self):
        lead = self._lead()
        self._order(opportunity_id=lead.id, state="sale")
        self.assertLeadState(lead, self.stage_won, "won")

    def test_merged_leads_take_their_orders_along_and_nothing_else(self):
        order = self._order()
        order.action_confirm()
        lead, winner = self._lead(), self._lead(self.stage_working)
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET opportunity_id = %s WHERE id = %s", (lead.id, order.id))
        self.env.invalidate_all()
        merged = (lead + winner).merge_opportunity()
        self.assertEqual(order.opportunity_id, merged)
        self.assertLeadState(merged, self.stage_working, "pending")

    def test_two_orders_of_one_lead(self):
        lead, order = self._lead_and_order()
        orders = order + self._order(opportunity_id=lead.id)
        orders.action_confirm()
        self.assertLeadState(lead, self.stage_won, "won")
        self.assertEqual([event.data["order"] for event in self._events(lead, "order")], orders.ids)

    def test_constant_queries(self):
        def count(number):
            with self._at("2027-03-01 09:00:00"):
                orders = self.env["sale.order"].concat(
                    *(self._lead_and_order()[1] for _index in range(number)),
                    *(self._order(opportunity_id=self._repair().id) for _index in range(number)),
                )
                orders.state = "sale"
                self.env.flush_all()
            self.env.invalidate_all()
            orders.mapped("name")
            with self._at("2027-03-02 09:00:00"):  # a stay of the same second takes another way
                queries = self._count_queries(orders._action_confirm)
            self.assertEqual(set(orders.opportunity_id.mapped("won_status")), {"won"})
            return queries

        count(1)
        few, many = count(2), count(20)
        self.assertLessEqual(many, few)
