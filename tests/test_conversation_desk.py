import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL

from .common import LeadCase
from .test_proposal import ProposalCase

BUS_TYPE = "crm_lead_conversation"


class DeskCase(LeadCase):
    """A lead of one salesperson, whose client has an address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.lead = cls._lead(partner_id=cls.client.id, user_id=cls.user_own.id, team_id=cls.team.id)

    def _write(self, text="Is the pitch free?", lead=None):
        return (lead or self.lead)._post_from_customer(text)

    def _told(self, action):
        """Channels and payloads of what the bus tells in ``action``."""
        self._reset_bus()
        action()
        self.env.flush_all()
        self.env.cr.precommit.run()
        rows = self.env["bus.bus"].sudo().search([("message", "like", f'"{BUS_TYPE}"')])
        return [(row.channel, json.loads(row.message)["payload"]) for row in rows]

    def _is_for(self, user, channel):
        return f'"res.partner",{user.partner_id.id}]' in channel


@tagged("post_install", "-at_install")
class TestConversationDesk(DeskCase):
    """The conversation as the desk has it beside the lead."""

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_every_role_that_sees_the_lead_has_it(self):
        self._write()
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin):
            answer = self.lead.with_user(user).get_conversation()
            self.assertEqual(len(answer["messages"]), 1, user.login)
            self.assertTrue(answer["can_write"])

    def test_who_does_not_see_the_lead_has_nothing(self):
        self._write()
        for user in (self.user_portal, self.user_public, self.user_other_company):
            lead = self.lead.with_user(user)
            self.lead.company_id = self.company
            for call in (
                lead.get_conversation,
                lead.get_history,
                lead.mark_conversation_read,
                lambda lead=lead: lead.post_to_customer("Hello"),
            ):
                with self.assertRaises(AccessError):
                    call()
        self.assertTrue(self.lead.is_unread)
        self.assertEqual(len(self.lead._get_conversation()), 1)

    def test_who_may_only_read_writes_nothing(self):
        self._write()
        self.env["ir.rule"].create(
            {
                "name": "Nobody changes this lead",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": [("id", "!=", self.lead.id)],
                "perm_read": False,
            }
        )
        lead = self.lead.with_user(self.user_own)
        self.assertFalse(lead.get_conversation()["can_write"])
        for call in (lead.mark_conversation_read, lambda: lead.post_to_customer("Hello")):
            with self.assertRaises(AccessError):
                call()

    def test_files_of_others_are_not_sent(self):
        secret = self.env["ir.attachment"].create(
            {"name": "Salaries", "raw": b"secret", "res_model": "res.company", "res_id": self.other_company.id}
        )
        lead = self.lead.with_user(self.user_own)
        with self.assertRaises(AccessError):
            lead.post_to_customer("Look", attachment_ids=secret.ids)
        own = self.env["ir.attachment"].with_user(self.user_own).create({"name": "Map", "raw": b"map"})
        answer = lead.post_to_customer("Look", attachment_ids=own.ids)
        self.assertEqual([file["name"] for file in answer["messages"][-1]["attachments"]], ["Map"])

    # ------------------------------------------------------------
    # WHO CAN BE WRITTEN TO
    # ------------------------------------------------------------

    def _obstacle(self, lead):
        lead = lead.with_user(self.user_own)
        obstacle = lead.get_conversation()["obstacle"]
        if obstacle:
            with self.assertRaisesRegex(UserError, obstacle.split(".", maxsplit=1)[0]):
                lead.post_to_customer("Hello")
        return obstacle

    def test_nobody_to_write_to(self):
        self.assertFalse(self._obstacle(self.lead))
        self.assertIn("no e-mail address", self._obstacle(self._lead()))
        self.assertFalse(self._obstacle(self._lead(email_from="marco@example.org")))
        client = self.env["res.partner"].create({"name": "Nobody"})
        self.assertIn("no e-mail address", self._obstacle(self._lead(partner_id=client.id)))

    def test_blacklisted(self):
        self.env["mail.blacklist"]._add("marco@example.org")
        self.assertIn("blacklisted", self._obstacle(self.lead))
        self.assertIn("blacklisted", self._obstacle(self._lead(email_from="Marco <marco@example.org>")))

    def test_lost_leads_are_answered_and_removed_ones_are_not(self):
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertFalse(self.lead.active)
        self.assertFalse(self._obstacle(self.lead))
        self.lead.with_user(self.user_own).post_to_customer("Are you still looking?")
        self.assertEqual(len(self.lead._get_conversation()), 1)
        removed = self._lead(email_from="spam@example.org")
        self._set_in_database(removed, client_status="removed")
        self.assertIn("removed", self._obstacle(removed))

    # ------------------------------------------------------------
    # WHO WROTE
    # ------------------------------------------------------------

    def _sides(self, lead=None):
        lead = lead or self.lead
        return [message["is_ours"] for message in lead._format_conversation(lead._get_conversation())]

    def test_a_colleague_who_is_the_client_writes_on_both_sides(self):
        lead = self._lead(partner_id=self.user_own.partner_id.id)
        self._write(lead=lead)
        self.assertTrue(lead.is_unread)
        lead.with_user(self.user_own).post_to_customer("Yes")
        self.assertFalse(lead.is_unread)
        lead.message_post(
            body="By mail",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=self.user_own.partner_id.id,
        )
        self.assertTrue(lead.is_unread)
        self.assertEqual(self._sides(lead), [False, True, False])

    def test_a_customer_with_the_address_of_a_colleague_is_the_customer(self):
        lead = self._lead(email_from=self.user_all.email, contact_name="Somebody")
        self._write(lead=lead)
        self.assertTrue(lead.is_unread)
        self.assertEqual(self._sides(lead), [False])
        self.assertEqual(lead._format_conversation(lead._get_conversation())[0]["author"], "Somebody")

    def test_what_is_sent_by_itself_is_ours_and_reads_nothing(self):
        self._write()
        self.lead.message_post(
            body="We have it",
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.ref("base.partner_root").id,
        )
        self.assertEqual(self._sides(), [False, True])
        self.assertTrue(self.lead.is_unread)

    def test_queries_do_not_grow_with_messages(self):
        def read():
            self.env.invalidate_all()
            return self._count_queries(lambda: self.lead.with_user(self.user_own).get_conversation())

        authors = self.user_own + self.user_all + self.user_manager
        self._write()
        self.lead.with_user(self.user_own).post_to_customer("Yes")
        read()
        few = read()
        for number in range(12):
            self._write(f"Question {number}")
            self.lead.with_user(authors[number % 3]).post_to_customer(f"Answer {number}")
        self.assertEqual(read(), few)

    # ------------------------------------------------------------
    # UNREAD
    # ------------------------------------------------------------

    def _count(self, user):
        return self.env["crm.lead"].with_user(user).get_unread_count()

    def test_everybody_counts_the_own_leads(self):
        self._write()
        self.assertEqual([self._count(user) for user in (self.user_own, self.user_all)], [1, 0])
        self.lead.user_id = self.user_all
        self.assertEqual([self._count(user) for user in (self.user_own, self.user_all)], [0, 1])
        self.lead.with_user(self.user_all).mark_conversation_read()
        self.assertEqual(self._count(self.user_all), 0)

    def test_leads_of_nobody_are_the_team_leaders(self):
        self.team.user_id = self.user_all
        self.lead.user_id = False
        self.lead.team_id = self.team
        self._write()
        self.assertEqual([self._count(user) for user in (self.user_own, self.user_all)], [0, 1])

    def test_lost_leads_count_and_removed_ones_do_not(self):
        self._write()
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(self._count(self.user_own), 1)
        action = self.env["crm.lead"].with_user(self.user_own).action_open_unread()
        found = self.env["crm.lead"].with_user(self.user_own).with_context(active_test=False).search(action["domain"])
        self.assertEqual(found, self.lead)
        self._set_in_database(self.lead, client_status="removed")
        self.assertEqual(self._count(self.user_own), 0)

    def test_what_is_unread_stays_so_in_a_merge(self):
        other = self._lead(partner_id=self.client.id, user_id=self.user_own.id, priority="3", probability=90)
        self._write()
        wrote = self.lead.date_customer_wrote
        merged = (self.lead + other).merge_opportunity()
        self.assertEqual((merged.is_unread, merged.date_customer_wrote), (True, wrote))
        self.assertEqual(len(merged._get_conversation()), 1)

    def test_messages_that_browsers_called_the_same_are_merged(self):
        leads = self._lead(partner_id=self.client.id) + self._lead(partner_id=self.client.id)
        for lead in leads:
            lead._post_from_customer("Hello", key="44444444-d")
        merged = leads.merge_opportunity()
        self.env.flush_all()
        self.assertEqual(len(merged._get_conversation()), 2)
        self.assertFalse(merged._post_from_customer("Hello", key="44444444-d"), "the winner's keeps its name")

    def test_the_count_is_one_query_by_its_index(self):
        self._write()
        self._count(self.user_own)
        self.env.flush_all()
        leads = self.env["crm.lead"].with_user(self.user_own)
        self.assertEqual(self._count_queries(leads.get_unread_count), 1)
        query = leads.with_context(active_test=False)._search(leads._get_unread_domain())
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        self.assertIn("crm_lead_unread_idx", str(plan))

    # ------------------------------------------------------------
    # BUS
    # ------------------------------------------------------------

    def test_the_bus_tells_the_salesperson_and_who_has_it_open_and_nothing_but_the_id(self):
        told = self._told(lambda: self._write("A secret"))
        self.assertTrue(told)
        self.assertEqual([payload for _channel, payload in told], [{"lead_id": self.lead.id}] * len(told))
        self.assertTrue(any(self._is_for(self.user_own, channel) for channel, _payload in told))
        channel = self.lead.with_user(self.user_all).get_conversation()["channel"]
        self.assertTrue(any(channel in name for name, _payload in told))
        self.assertFalse(any(self._is_for(self.user_all, name) for name, _payload in told))

    def test_who_gets_a_lead_with_something_to_read_is_told(self):
        told = self._told(lambda: self.lead.write({"user_id": self.user_all.id}))
        self.assertFalse(told, "nothing to read")
        self._write()
        told = self._told(lambda: self.lead.write({"user_id": self.user_own.id}))
        for user in (self.user_own, self.user_all):
            self.assertTrue(any(self._is_for(user, channel) for channel, _payload in told), user.login)

    def test_reading_what_is_read_tells_nobody(self):
        self.assertFalse(self._told(self.lead.with_user(self.user_own).mark_conversation_read))

    def test_seen_is_told_once(self):
        self.lead.with_user(self.user_own).post_to_customer("Yes")
        last = self.lead._get_conversation().id
        self.assertTrue(self._told(lambda: self.lead._mark_seen_by_customer(last)))
        self.assertFalse(self._told(lambda: self.lead._mark_seen_by_customer(last)))
        self.assertEqual(self.lead.with_user(self.user_own).get_conversation()["seen_id"], last)


@tagged("post_install", "-at_install")
class TestConversationCards(ProposalCase):
    """What happened to proposals stands between the messages of its time."""

    def _cards(self, **page):
        return [card["text"] for card in self.lead.with_user(self.user_own).get_conversation(**page)["cards"]]

    def test_in_their_time(self):
        with self._at("2026-07-01 08:00:00"):
            order = self._proposal()
        with self._at("2026-07-02 08:00:00"):
            for number in range(31):
                self.lead._post_from_customer(f"Message {number}")
        with self._at("2026-07-03 08:00:00"):
            order.action_quotation_sent()
        self.env["crm.lead"].browse(self.lead.id).invalidate_recordset()
        first = self.lead._get_conversation(limit=100)[0]
        self._set_in_database(first, date="2026-06-30 08:00:00")
        page = self.lead.with_user(self.user_own).get_conversation()
        self.assertTrue(page["has_more"])
        self.assertEqual([card["text"] for card in page["cards"]], [f"Proposal {order.name} was sent"])
        earlier = self._cards(before=page["messages"][0]["id"])
        self.assertEqual(earlier, [f"Proposal {order.name} was begun"])
        self.assertEqual(self._cards(after=page["messages"][-1]["id"]), [f"Proposal {order.name} was sent"])


@tagged("post_install", "-at_install")
class TestUnreadSession(HttpCase):
    """A page knows how many leads its user has to read."""

    def _session(self, login):
        self.authenticate(login, login)
        return self.make_jsonrpc_request("/web/session/get_session_info")

    def test_who_works_leads_has_a_number_and_others_have_none(self):
        seller = new_test_user(self.env, "unread_seller", "sales_team.group_sale_salesman")
        new_test_user(self.env, "unread_other", "base.group_user")
        lead = self.env["crm.lead"].create({"name": "Chalet", "user_id": seller.id, "email_from": "m@example.org"})
        lead._post_from_customer("Is it free?")
        self.assertEqual(self._session("unread_seller")["lead_unread_count"], 1)
        self.assertNotIn("lead_unread_count", self._session("unread_other"))
