from odoo.exceptions import AccessError

from ..models.crm_lead_client import SYNCHRONISED_FIELDS
from .test_client_link import MAIL, PHONE, ClientCase

WITHOUT_RIGHT = ("user_own", "user_all", "user_manager", "user_admin")


class TestClientDetach(ClientCase):
    """Detaching takes a right of its own, whichever way it is done, and takes back what the link brought."""

    def _linked(self, **values):
        client = self._client(**values)
        lead = self._inquiry()
        self._link(lead, client)
        return lead, client

    def assertDetached(self, lead, client):
        self.assertClient(lead, client[:0], "new")
        self.assertReceived(lead)
        self.assertTrue(client.exists())
        event = self._events(lead, "detach")
        self.assertEqual(len(event), 1)
        self.assertEqual(event.data["client"], client.id)

    # ------------------------------------------------------------
    # RIGHT
    # ------------------------------------------------------------

    def test_nobody_may_by_default(self):
        lead, client = self._linked()
        for name in WITHOUT_RIGHT:
            mine = lead.with_user(getattr(self, name))
            for act in (mine.action_detach_client, mine.action_undo_client):
                with self.assertRefuses("See clients and detach leads", AccessError):
                    act()
        self.assertClient(lead, client, "linked")

    def test_emptying_and_swapping_take_the_right(self):
        lead, client = self._linked()
        other = self._client(name="Bea Neri")
        for name in WITHOUT_RIGHT:
            mine = lead.with_user(getattr(self, name))
            for partner in (False, other.id):
                with self.assertRefuses("You may not detach", AccessError):
                    mine.write({"partner_id": partner})
                with self.assertRefuses("You may not detach"):
                    self._load(mine, **{"partner_id/.id": partner or ""})
        self.assertClient(lead, client, "linked")

    def test_no_context_of_a_client_helps(self):
        lead, client = self._linked()
        for context in ({"lead_client": {"kind": "undo"}}, {"lead_move": True}, {"merged_leads": lead.ids}):
            with self.assertRefuses("You may not detach", AccessError):
                lead.with_user(self.user_all).with_context(**context).write({"partner_id": False})
        self.assertClient(lead, client, "linked")

    def test_writing_the_same_client_again_is_no_detach(self):
        lead, client = self._linked()
        lead.with_user(self.user_own).write({"partner_id": client.id, "name": "Another week"})
        self._load(lead.with_user(self.user_own), **{"partner_id/.id": client.id})
        self.assertClient(lead, client, "linked")
        self.assertEqual(self._events(lead, "link", "detach").mapped("kind"), ["link"])

    def test_leads_of_others_are_refused(self):
        lead, client = self._linked()
        lead.user_id = self.user_all
        self.user_own.group_ids += self.env.ref("crm_lead_lifecycle.group_client_detach")
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).action_detach_client()
        self.assertClient(lead, client, "linked")

    # ------------------------------------------------------------
    # WAYS
    # ------------------------------------------------------------

    def test_by_the_action(self):
        lead, client = self._linked()
        self.assertTrue(lead.with_user(self.user_detach).action_detach_client())
        self.assertDetached(lead, client)

    def test_by_emptying_the_field(self):
        lead, client = self._linked()
        lead.with_user(self.user_detach).partner_id = False
        self.assertDetached(lead, client)
        self.assertFalse(client.phone)

    def test_by_an_import(self):
        lead, client = self._linked()
        self._load(lead.with_user(self.user_detach), **{"partner_id/.id": ""})
        self.assertDetached(lead, client)
        self.assertFalse(client.phone)

    def test_by_swapping_the_client(self):
        lead, client = self._linked()
        other = self._client(name="Bea Neri")
        lead.with_user(self.user_detach).write({"partner_id": other.id})
        self.assertClient(lead, other, "linked")
        self.assertFalse(client.phone)
        kinds = self._events(lead, "link", "detach").mapped("kind")
        self.assertEqual(kinds, ["link", "detach", "link"])

    def test_many_at_once(self):
        pairs = [self._linked() for _number in range(3)]
        leads = self.env["crm.lead"].concat(*(lead for lead, _client in pairs))
        leads.with_user(self.user_detach).action_detach_client()
        for lead, client in pairs:
            self.assertDetached(lead, client)

    def test_a_lead_without_a_client_is_refused_and_nothing_is_done(self):
        lead, client = self._linked()
        with self.assertRefuses("has no client to detach from"):
            (lead + self._inquiry()).with_user(self.user_detach).action_detach_client()
        self.assertClient(lead, client, "linked")

    # ------------------------------------------------------------
    # WHAT IS TAKEN BACK
    # ------------------------------------------------------------

    def test_what_the_link_filled_in_is_taken_back(self):
        lead, client = self._linked(function="Doctor")
        self.assertEqual((client.phone, client.email), (PHONE, MAIL))
        lead.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertEqual((client.phone, client.email, client.function), (False, False, "Doctor"))

    def test_what_was_changed_since_stays(self):
        lead, client = self._linked()
        client.phone = "+39 02 555 0101"
        lead.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertEqual((client.phone, client.email), ("+39 02 555 0101", False))
        self.assertEqual(self._events(lead, "detach").data["changed_since"], ["phone"])

    def test_a_country_is_taken_back(self):
        client, lead = self._client(), self._inquiry(street="Via Roma 5", country_id=self.italy.id)
        client.country_id = False
        self._link(lead, client)
        self.assertEqual(client.country_id, self.italy)
        lead.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertEqual((client.street, client.country_id), (False, self.italy[:0]))

    def test_a_detached_lead_can_be_linked_again(self):
        lead, client = self._linked()
        lead.with_user(self.user_detach).action_detach_client()
        other = self._client(name="Bea Neri")
        self._link(lead, other)
        self.assertClient(lead, other, "linked")
        self.assertReceived(lead)
        lead.with_user(self.user_detach).action_detach_client()
        made = self._convert(lead)
        self.assertClient(lead, made, "converted")

    def test_a_converted_lead_leaves_its_client_behind(self):
        lead = self._inquiry()
        client = self._convert(lead)
        lead.with_user(self.user_detach).action_detach_client()
        self.assertDetached(lead, client)
        self.assertTrue(client.active)
        self.assertEqual((client.phone, client.email), (PHONE, MAIL))

    def test_the_planned_call_of_a_conversion_is_taken_back(self):
        lead = self._inquiry()
        client = self._convert(lead)
        other_call = client.activity_schedule("mail.mail_activity_data_call", summary="About the invoice")
        self.assertEqual(len(client.activity_ids), 2)
        lead.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertEqual(client.activity_ids, other_call)
        lead.with_user(self.user_detach).action_undo_client()
        self._forget()
        self.assertIn(lead.number, str(client.activity_ids.mapped("summary")))
        lead.with_user(self.user_detach).partner_id = False
        self._forget()
        self.assertEqual(client.activity_ids, other_call)

    def test_a_call_that_was_made_stays(self):
        lead = self._inquiry()
        client = self._convert(lead)
        client.activity_ids.action_done()
        done = client.with_context(active_test=False).activity_ids
        lead.with_user(self.user_detach).action_detach_client()
        lead.with_user(self.user_detach).action_undo_client()
        self._forget()
        self.assertTrue(done.exists())
        self.assertFalse(client.activity_ids)

    def test_many_cost_no_more_queries_than_few(self):
        def leads(count):
            return self.env["crm.lead"].concat(*(self._inquiry() for _number in range(count)))

        client = self._client(phone=PHONE, email=MAIL)
        acts = (
            lambda leads: leads._link_client(client.with_env(leads.env)),
            lambda leads: leads.action_detach_client(),
            lambda leads: leads._link_client(client.with_env(leads.env)),
            lambda leads: leads.write({"partner_id": False}),
        )
        few, more, many = ((leads(count).with_user(self.user_detach)) for count in (2, 2, 40))
        for act in acts:
            self._forget()
            act(few)  # fills the caches
            counts = []
            for batch in (more, many):
                self._forget()
                counts.append(self._count_queries(lambda act=act, batch=batch: act(batch)))
            self.assertLessEqual(counts[1], counts[0] + 4)

    def test_a_natively_set_client_is_detached_by_the_action_too(self):
        client, lead = self._client(phone="+39 02 555 0101"), self._inquiry()
        lead.with_user(self.user_own).partner_id = client
        lead.with_user(self.user_detach).action_detach_client()
        self.assertClient(lead, client[:0], "new")
        self._forget()
        self.assertEqual(client.phone, "+39 02 555 0101")

    def test_a_client_that_took_the_linked_one_in_keeps_its_own_data(self):
        lead, gone = self._linked()
        kept = self._client(phone=PHONE, email=MAIL)
        self._merge_clients(kept, gone)
        lead.with_user(self.user_detach).action_detach_client()
        self.assertClient(lead, kept[:0], "new")
        self.assertEqual((kept.phone, kept.email), (PHONE, MAIL))

    def test_what_a_merged_lead_filled_in_elsewhere_is_not_taken_from_this_client(self):
        winner, mine = self._inquiry(stage=self.stage_late), self._client(phone=PHONE, email=MAIL)
        self._link(winner, mine)
        loser, theirs = self._inquiry(stage=self.stage_new), self._client()
        self._link(loser, theirs)
        merged = (winner + loser).with_user(self.user_manager).merge_opportunity().with_env(self.env)
        self.assertEqual(merged, winner)
        self.assertClient(winner, mine, "linked")
        winner.with_user(self.user_detach).action_detach_client()
        self._forget()
        self.assertEqual((mine.phone, mine.email), (PHONE, MAIL))

    # ------------------------------------------------------------
    # DELETION
    # ------------------------------------------------------------

    def test_the_client_of_linked_leads_is_not_deleted(self):
        lead, client = self._linked()
        with self.assertRefuses("is the client of leads"):
            client.unlink()
        lead.active = False
        with self.assertRefuses("is the client of leads"):
            client.with_user(self.user_admin).unlink()
        lead.active = True
        lead.with_user(self.user_detach).action_detach_client()
        client.unlink()
        self.assertFalse(client.exists())

    def test_a_lead_keeps_what_it_knows_of_a_client_that_is_deleted(self):
        company = self.env["res.partner"].create({"name": "Byron Ltd", "is_company": True, "website": "byron.test"})
        client = self.env["res.partner"].create(
            {
                "name": "Ada Byron",
                "parent_id": company.id,
                "email": "ada@example.com",
                "phone": "+39 333 1234567",
                "function": "Boss",
                "city": "Rome",
                "lang": "en_US",
            }
        )
        lead = self._lead(partner_id=client.id)
        known = lead.read(SYNCHRONISED_FIELDS)
        self.assertEqual(lead.contact_name, "Ada Byron")
        client.unlink()
        self.env.invalidate_all()
        self.assertClient(lead, client.browse(), "new")
        self.assertEqual(lead.read(SYNCHRONISED_FIELDS), known)

    def test_swapping_to_a_client_that_is_none_changes_nothing(self):
        lead, client = self._linked()
        for bad in ("Ada", ["Ada"], True):
            with self.assertRefuses("Give its database id"):
                lead.with_user(self.user_own).write({"partner_id": bad})
        self.assertClient(lead, client, "linked")
