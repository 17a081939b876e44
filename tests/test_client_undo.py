from .test_client_link import MAIL, PHONE, ClientCase


class TestClientUndo(ClientCase):
    """Whatever was done about a lead's client is taken back on both sides, and the taking back too."""

    def _undo(self, lead):
        """Returns what could not be restored, as the user is told."""
        action = lead.with_user(self.user_detach).action_undo_client()
        self._forget()
        return "" if action is True else action["params"]["message"]

    def assertContact(self, client, phone, mail):
        self.assertEqual((client.phone, client.email), (phone, mail))

    def assertLastEvent(self, lead, summary):
        self.assertEqual(self._events(lead, "link", "convert", "detach", "undo")[-1].summary, summary)

    # ------------------------------------------------------------
    # THERE AND BACK
    # ------------------------------------------------------------

    def test_link(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        since = lead.date_client
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client[:0], "new")
        self.assertContact(client, False, False)
        self.assertLastEvent(lead, "Undone: does not belong to Ada Rossi any more")
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client, "linked")
        self.assertContact(client, PHONE, MAIL)
        self.assertEqual(lead.date_client, since)
        self.assertLastEvent(lead, "Undone: belongs to Ada Rossi again")
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client[:0], "new")
        self.assertContact(client, False, False)
        self.assertReceived(lead)

    def test_conversion(self):
        lead = self._inquiry()
        client = self._convert(lead)
        self.assertEqual(len(client.activity_ids), 1)
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client[:0], "new")
        self.assertFalse(client.active)
        self.assertFalse(client.activity_ids)
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client, "converted")
        self.assertTrue(client.active)
        self.assertEqual(len(client.activity_ids), 1)
        self.assertFalse(self._undo(lead))
        self.assertFalse(client.active or client.activity_ids)
        self.assertReceived(lead)

    def test_the_client_of_an_undone_conversion_is_not_found_again(self):
        lead = self._inquiry()
        client = self._convert(lead)
        self._undo(lead)
        other = self._inquiry()
        sure = self._dialog(other).candidate_ids.filtered(lambda candidate: candidate.band == "auto")
        self.assertFalse(sure.partner_id.filtered("active"))
        again = self._convert(other)
        self.assertNotEqual(again, client)

    def test_detachment(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        since = lead.date_client
        lead.with_user(self.user_detach).action_detach_client()
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client, "linked")
        self.assertEqual(lead.date_client, since)
        self.assertContact(client, PHONE, MAIL)
        self.assertFalse(self._undo(lead))
        self.assertClient(lead, client[:0], "new")
        self.assertContact(client, False, False)

    def test_detachment_of_a_conversion(self):
        lead = self._inquiry()
        client = self._convert(lead)
        lead.with_user(self.user_detach).action_detach_client()
        self._undo(lead)
        self.assertClient(lead, client, "converted")
        self.assertTrue(client.active)
        client.phone = "+39 02 555 0101"
        self._forget()
        self.assertReceived(lead)

    def test_link_that_is_detached_after_an_undo_of_undo(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        self._undo(lead)
        self._undo(lead)
        lead.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertContact(client, False, False)

    def test_a_natively_set_client(self):
        lead, client = self._inquiry(), self._client(phone="+39 02 555 0101", email="ada@home.example")
        lead.with_user(self.user_own).partner_id = client
        self.assertEqual(lead.email_from, "ada@home.example")
        self._undo(lead)
        self.assertClient(lead, client[:0], "new")
        self.assertReceived(lead)
        self.assertContact(client, "+39 02 555 0101", "ada@home.example")
        self._undo(lead)
        self.assertClient(lead, client, "linked")
        self.assertContact(client, "+39 02 555 0101", "ada@home.example")

    def test_what_people_changed_on_a_natively_linked_lead_stays(self):
        lead, client = self._inquiry(), self._client(phone="+39 02 555 0101", email="ada@home.example")
        lead.with_user(self.user_own).partner_id = client
        lead.with_user(self.user_own).city = "Torino"
        self._undo(lead)
        self.assertReceived(lead, city="Torino")

    def test_many_at_once(self):
        leads, client = self._inquiry() + self._inquiry(), self._client(phone=PHONE, email=MAIL)
        for lead in leads:
            self._link(lead, client)
        self._undo(leads)
        for lead in leads:
            self.assertClient(lead, client[:0], "new")

    def test_what_somebody_else_has_done_meanwhile_is_not_undone(self):
        """Two people look at the same page, or click twice: the second undo would take the first one back."""
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        page = lead.with_user(self.user_detach).with_context(seen_client_id=client.id)
        page.action_undo_client()
        for act in (page.action_undo_client, page.action_detach_client):
            with self.assertRefuses("has changed the client of .* meanwhile"):
                act()
        self.assertClient(lead, client[:0], "new")
        other = self._client()
        self._link(lead, other)
        with self.assertRefuses("has changed the client of .* meanwhile"):
            page.action_detach_client()
        self.assertClient(lead, other, "linked")
        page.with_context(seen_client_id=other.id).action_detach_client()
        page.with_context(seen_client_id=False).action_undo_client()
        self.assertClient(lead, other, "linked")

    def test_a_lead_that_nothing_was_done_about(self):
        with self.assertRefuses("Nothing was done about the client"):
            self._undo(self._inquiry())

    def test_odoos_own_conversion(self):
        lead = self._inquiry()
        lead.with_user(self.user_own)._handle_partner_assignment(create_missing=True)
        client = lead.partner_id
        self.assertEqual(len(client.activity_ids), 1)
        self._undo(lead)
        self.assertClient(lead, client[:0], "new")
        self.assertFalse(client.active or client.activity_ids)
        self._undo(lead)
        self.assertClient(lead, client, "converted")
        self.assertEqual(len(client.activity_ids), 1)

    def test_a_company_that_odoo_only_takes_is_not_made_by_the_lead(self):
        company = self._client(name="Rossi Pumps", is_company=True)
        lead = self._inquiry(contact_name=False)
        lead.with_user(self.user_own)._handle_partner_assignment(create_missing=True, with_parent=company)
        self.assertClient(lead, company, "linked")
        self.assertFalse(company.activity_ids)
        self._undo(lead)
        self.assertTrue(company.active)

    def test_a_call_that_was_made_is_not_planned_again(self):
        lead = self._inquiry()
        client = self._convert(lead)
        client.activity_ids.action_done()
        self._undo(lead)
        self._undo(lead)
        self.assertClient(lead, client, "converted")
        self.assertFalse(client.activity_ids)

    def test_link_of_a_merged_lead(self):
        """The winner takes over what the loser's link has filled in."""
        for is_undone in (True, False):
            winner, loser = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
            client = self._client()
            self._link(loser, client)
            self.assertEqual(self._events(loser, "link").lead_id, loser)  # what the cache knows is no longer true
            merged = (winner + loser).with_user(self.user_manager).merge_opportunity().with_env(self.env)
            self.assertEqual((merged, winner.partner_id), (winner, client))
            if is_undone:
                self._undo(winner)
            else:
                winner.with_user(self.user_detach).action_detach_client()
            self.assertClient(winner, client[:0], "new")
            self.assertContact(client, False, False)

    def test_conversion_of_a_merged_lead(self):
        winner, loser = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
        client = self._convert(loser)
        (winner + loser).with_user(self.user_manager).merge_opportunity()
        self.assertClient(winner, client, "converted")
        self._undo(winner)
        self.assertFalse(client.active or client.activity_ids)

    def test_own_link_of_a_winner_whose_merged_lead_was_linked_later(self):
        winner, loser = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
        mine, theirs = self._client(), self._client()
        self._link(winner, mine)
        self._link(loser, theirs)
        (winner + loser).with_user(self.user_manager).merge_opportunity()
        self.assertClient(winner, mine, "linked")
        self._undo(winner)
        self.assertClient(winner, mine[:0], "new")
        self.assertContact(mine, False, False)
        self.assertContact(theirs, PHONE, MAIL)

    # ------------------------------------------------------------
    # WHAT CAN'T BE RESTORED
    # ------------------------------------------------------------

    def test_what_was_changed_since_is_named(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        client.phone = "+39 02 555 0101"
        remarks = self._undo(lead)
        self.assertIn("Ada Rossi keeps Phone: somebody has changed it since.", remarks)
        self.assertContact(client, "+39 02 555 0101", False)

    def test_a_type_that_it_has_gone_on_to_is_named(self):
        self.repair.write({"next_type_id": self.lead_type.id, "succeeds_with_client": True})
        lead, client = self._repair(self.asked, contact_name="Ada Rossi", type="lead"), self._client()
        self._link(lead, client)
        self.assertIn(f"has gone on as {self.lead_type.name}", self._undo(lead))
        other = self._inquiry()
        self._link(other, client)
        self.assertNotIn("gone on", self._undo(other))

    def test_a_link_that_took_its_client_out_of_the_archive(self):
        for is_in_use in (False, True):
            lead, client = self._inquiry(), self._client(active=False, phone=PHONE, email=MAIL)
            self._dialog(lead, choice="other", partner_id=client.id, unarchive_client=True).action_link()
            self._forget()
            order = self._order(client) if is_in_use else self.env["sale.order"]
            remarks = self._undo(lead)
            self.assertEqual(client.active, is_in_use)
            if is_in_use:
                self.assertIn("stays out of the archive, because of what belongs to it: Sales Order", remarks)
            self._undo(lead)
            self.assertClient(lead, client, "linked")
            self.assertTrue(client.active)
            order.unlink()
            lead.with_user(self.user_detach).action_detach_client()
            self._forget()
            self.assertTrue(client.active)

    def test_a_message_that_was_sent_is_named(self):
        lead, client = self._inquiry(), self._client(user_id=self.user_all.id, phone=PHONE, email=MAIL)
        self._link(lead, client, notify=True)
        self.assertIn(f"The message to {self.user_all.name} can't be taken back", self._undo(lead))

    def test_an_order_of_the_lead_refuses(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        order = self._order(client, opportunity_id=lead.id)
        with self.assertRefuses(order.name):
            self._undo(lead)
        self.assertClient(lead, client, "linked")
        self.assertContact(client, PHONE, MAIL)
        lead.with_user(self.user_detach).action_detach_client()
        self.assertClient(lead, client[:0], "new")

    def test_whatever_depends_on_a_made_client_refuses(self):
        def another_lead(client):
            return self._inquiry(name="Another inquiry", partner_id=client.id).name

        def order(client):
            self._order(client)
            return "Sales Order"

        def contact(client):
            return self._client(name="Daughter", parent_id=client.id).name

        for make in (another_lead, order, contact):
            lead = self._inquiry(email_from=f"{make.__name__}@example.org", phone=False)
            client = self._convert(lead)
            words = make(client)
            with self.subTest(make.__name__), self.assertRefuses(f"can't be undone any more.*{words}"):
                self._undo(lead)
            self.assertClient(lead, client, "converted")
            self.assertTrue(client.active)

    def test_mere_talk_with_a_made_client_does_not_refuse(self):
        lead = self._inquiry()
        client = self._convert(lead)
        client.message_post(body="Called, nobody there", message_type="comment")
        client.message_subscribe(self.user_all.partner_id.ids)
        self._undo(lead)
        self.assertClient(lead, client[:0], "new")
        self.assertFalse(client.active)

    def test_another_client_since_refuses(self):
        lead, client, other = self._inquiry(), self._client(), self._client(name="Bea Neri")
        self._link(lead, client)
        lead.with_user(self.user_detach).write({"partner_id": other.id})
        self._undo(lead)
        self.assertClient(lead, client[:0], "new")

    def test_a_deleted_client_refuses(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        lead.with_user(self.user_detach).action_detach_client()
        client.unlink()
        with self.assertRefuses("changed or deleted since"):
            self._undo(lead)

    # ------------------------------------------------------------
    # CLIENTS MERGED MEANWHILE
    # ------------------------------------------------------------

    def test_link_to_a_client_that_was_merged(self):
        lead, gone, kept = self._inquiry(), self._client(), self._client(phone=PHONE, email=MAIL)
        self._link(lead, gone)
        self._merge_clients(kept, gone)
        self.assertIn("merged into Ada Rossi", self._undo(lead))
        self.assertClient(lead, kept[:0], "new")
        self.assertContact(kept, PHONE, MAIL)
        self._undo(lead)
        self.assertClient(lead, kept, "linked")

    def test_conversion_to_a_client_that_was_merged(self):
        lead, kept = self._inquiry(), self._client(phone="+39 02 555 0101")
        made = self._convert(lead)
        self._merge_clients(kept, made)
        self.assertIn("merged into Ada Rossi", self._undo(lead))
        self.assertClient(lead, kept[:0], "new")
        self.assertTrue(kept.active)
        self.assertEqual(kept.phone, "+39 02 555 0101")

    def test_detachment_from_a_client_that_was_merged(self):
        lead, gone, kept = self._inquiry(), self._client(), self._client(phone="+39 02 555 0101", email="k@example.org")
        self._link(lead, gone)
        lead.with_user(self.user_detach).action_detach_client()
        self._merge_clients(kept, gone)
        self._undo(lead)
        self.assertClient(lead, kept, "linked")
        self.assertContact(kept, "+39 02 555 0101", "k@example.org")

    def test_undo_leaves_a_lead_alone_that_was_removed(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._undo(lead)
        self.assertEqual((lead.client_status, lead.partner_id), ("removed", client[:0]))
        lead.action_restore()
        self.assertClient(lead, client[:0], "new")
