from odoo.fields import Command

from .test_client_link import PHONE, ClientCase


class TestClientMerge(ClientCase):
    """Links, refusals and requests outlive merges of leads and of clients; copies and successors keep their client."""

    def test_a_merge_of_leads_keeps_the_link(self):
        for linked_wins in (True, False):
            client = self._client(phone="+39 02 555 0101")
            linked, other = self._inquiry(stage=self.stage_new), self._inquiry(stage=self.stage_new)
            self._link(linked, client)
            (linked if linked_wins else other).stage_id = self.stage_late
            since = linked.date_client
            winner = (linked + other).with_user(self.user_manager).merge_opportunity().with_env(self.env)
            self.assertEqual(winner, linked if linked_wins else other)
            self.assertClient(winner, client, "linked")
            self.assertEqual(winner.date_client, since)
            client.phone = "+39 02 555 0109"
            self._forget()
            self.assertReceived(winner)

    def test_a_merge_of_clients_keeps_the_link(self):
        lead, gone, kept = self._inquiry(), self._client(), self._client(phone="+39 02 555 0101", email="k@example.org")
        self._link(lead, gone)
        self._merge_clients(kept, gone)
        self.assertClient(lead, kept, "linked")
        kept.write({"phone": "+39 02 555 0102", "email": "again@example.org"})
        self._forget()
        self.assertReceived(lead)

    def test_a_merge_of_leads_keeps_who_is_another_person(self):
        refused = self._client(phone=PHONE) + self._client(phone=PHONE, active=False)
        winner, loser = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
        for client in refused:
            loser._refuse_client(client)
        (winner + loser).with_user(self.user_manager).merge_opportunity()
        self._forget()
        self.assertFalse(self._dialog(winner).candidate_ids)
        self.assertEqual(self._dialog(winner).refused_count, 2)
        self._dialog(winner).action_forget_refusals()
        self.assertEqual(self._dialog(winner).candidate_ids.partner_id, refused)

    def test_a_merge_of_leads_keeps_who_waits_for_a_client(self):
        winner, loser = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
        loser.with_user(self.user_own).action_request_client()
        since = loser.date_client_requested
        (winner + loser).with_user(self.user_manager).merge_opportunity()
        self._forget()
        self.assertEqual((winner.date_client_requested, winner.client_requested_by_id), (since, self.user_own))
        linked, waiting = self._inquiry(stage=self.stage_late), self._inquiry(stage=self.stage_new)
        waiting.with_user(self.user_own).action_request_client()
        client = self._client()
        self._link(linked, client)
        (linked + waiting).with_user(self.user_manager).merge_opportunity()
        self.assertClient(linked, client, "linked")

    def test_the_history_names_the_client_that_the_linked_one_was_merged_into(self):
        lead, gone, kept = self._inquiry(), self._client(), self._client(name="Ada Bianchi")
        self._link(lead, gone)
        self._merge_clients(kept, gone)
        self.assertEqual(self._events(lead, "link").summary, "Linked to Ada Bianchi")

    def test_a_merge_of_clients_keeps_every_phone_once(self):
        kept, gone = self._client(phone="+39 02 555 0101"), self._client(phone=PHONE)
        third = self._client(phone="0039 (02) 5550101")
        gone.client_phone_ids = [Command.create({"phone": "+39 06 555 0101", "label": "Office"})]
        self._merge_clients(kept, gone + third)
        self.assertEqual(kept.phone, "+39 02 555 0101")
        self.assertEqual(set(kept.client_phone_ids.mapped("phone")), {PHONE, "+39 06 555 0101"})
        self.assertEqual(self._dialog(self._inquiry()).partner_id, kept)

    def test_a_merge_fills_in_a_missing_phone_and_takes_no_blanks(self):
        kept, gone, blank = self._client(), self._client(phone=PHONE), self._client(phone="n/a")
        self._merge_clients(kept, gone + blank)
        self.assertFalse(kept.client_phone_ids.filtered(lambda line: line.phone in (kept.phone, "n/a")))
        self.assertEqual(self._dialog(self._inquiry()).partner_id, kept)

    def test_a_copy_belongs_to_the_client(self):
        lead, client = self._inquiry(), self._client(phone="+39 02 555 0101", email="ada@home.example")
        self._link(lead, client)
        copy = lead.copy()
        self.assertClient(copy, client, "linked")
        self.assertEqual((client.phone, client.email), ("+39 02 555 0101", "ada@home.example"))

    def test_a_linked_lead_goes_on_as_its_type_says(self):
        self.repair.write({"next_type_id": self.lead_type.id, "succeeds_with_client": True})
        lead, client = self._repair(self.asked, contact_name="Ada Rossi", type="lead"), self._client()
        action = self._dialog(lead, choice="other", partner_id=client.id).action_link()
        self.assertEqual(action["tag"], "display_notification")
        self.assertClient(lead, client, "linked")
        self.assertEqual((lead.lead_type_id, lead.type), (self.lead_type, "opportunity"))
        self.assertTrue(self._events(lead, "succeed"))

    def test_a_linked_lead_stays_where_its_type_does_not_say_so(self):
        self.repair.next_type_id = self.lead_type
        lead = self._repair(self.asked)
        self._link(lead, self._client())
        self.assertEqual((lead.lead_type_id, lead.stage_id), (self.repair, self.asked))
