from datetime import timedelta
from itertools import pairwise

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import SQL

from .common import LeadCase


class TestClientTimeline(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Bianchi Ltd", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "Anna Bianchi", "parent_id": cls.client.id})
        cls.stranger = cls.env["res.partner"].create({"name": "Carlo Verdi"})
        cls.call_type = cls.env.ref("mail.mail_activity_data_call")
        cls.reservation_type = cls.env.ref("crm_lead_lifecycle.mail_activity_type_verbal_reservation")

    def _rows(self, partner=None, user=None, **conditions):
        self.env.invalidate_all()
        timeline = self.env["crm.client.timeline"].with_user(user or self.user_manager)
        domain = [("partner_id", "child_of", (partner or self.client).id)]
        domain += [(name, "=", value) for name, value in conditions.items()]
        return timeline.search(domain)

    def _order(self, partner=None, user=None, company=None, **values):
        values = {"partner_id": (partner or self.client).id, "user_id": (user or self.user_own).id, **values}
        return self.env["sale.order"].with_company(company or self.company).create(values)

    def _activity(self, record, activity_type=None, user=None, **values):
        return self.env["mail.activity"].create(
            {
                "activity_type_id": (activity_type or self.call_type).id,
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "user_id": (user or self.env.user).id,
                **values,
            }
        )

    def _meeting(self, *partners, user=None, days=1, **values):
        start = fields.Datetime.now() + timedelta(days=days)
        return self.env["calendar.event"].create(
            {
                "name": "A look at the pitch",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": (user or self.user_own).id,
                "partner_ids": [Command.set([partner.id for partner in partners])],
                **values,
            }
        )

    def assertRow(self, rows, **expected):
        self.assertEqual(len(rows), 1)
        self.assertEqual({name: rows[name] for name in expected}, expected)

    # ------------------------------------------------------------
    # KINDS
    # ------------------------------------------------------------

    def test_leads_in_every_state(self):
        leads = {
            "open": self._lead(partner_id=self.client.id),
            "won": self._lead(self.stage_won, partner_id=self.client.id),
            "lost": self._lead(self.stage_lost, partner_id=self.client.id),
            "removed": self._lead(partner_id=self.client.id),
        }
        leads["removed"].write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        rows = self._rows()
        self.assertEqual({row.state: row.lead_id.id for row in rows}, {key: lead.id for key, lead in leads.items()})
        row = rows.filtered(lambda row: row.state == "open")
        self.assertRow(row, kind="lead", res_model="crm.lead", res_id=leads["open"].id, partner_id=self.client)
        self.assertEqual(row.name, f"{leads['open'].number} A week by the sea")

    def test_offers_and_orders(self):
        lead = self._lead(partner_id=self.client.id)
        order = self._order(opportunity_id=lead.id)
        row = self._rows(kind="order")
        self.assertRow(row, name=order.name, state="draft", res_model="sale.order", res_id=order.id, lead_id=lead)
        order.action_quotation_sent()
        self.assertEqual(self._rows(kind="order").state, "sent")
        order.action_confirm()
        self.assertEqual(self._rows(kind="order").state, "sale")

    def test_phone_activities_planned_and_done(self):
        lead = self._lead(partner_id=self.client.id)
        self._activity(lead, user=self.user_own, summary="Call Anna", date_deadline="2026-03-05")
        self._activity(self.contact)
        self._activity(lead, self.env.ref("mail.mail_activity_data_todo"))
        row = self._rows(kind="phone", lead_id=lead.id)
        self.assertRow(row, name="Call Anna", state="planned", user_id=self.user_own)
        for zone in ("UTC", "Pacific/Auckland", "Pacific/Honolulu"):
            read = row.with_context(tz=zone)
            read.invalidate_recordset()
            moment = fields.Datetime.context_timestamp(read, read.date).replace(tzinfo=None)
            self.assertEqual(str(moment), "2026-03-05 12:00:00", zone)
        self.assertRow(self._rows(kind="phone", partner_id=self.contact.id), name="Call", lead_id=lead[:0])
        activities = lead.activity_ids + self.contact.activity_ids
        activities.filtered(lambda activity: activity.activity_type_id == self.call_type).action_done()
        self.assertEqual(self._rows(kind="phone").mapped("state"), ["done", "done"])

    def test_verbal_reservations(self):
        self._activity(self._lead(partner_id=self.client.id), self.reservation_type)
        self._activity(self.client, self.reservation_type)
        self.assertEqual(self._rows(kind="reservation").mapped("name"), ["Verbal Reservation"] * 2)

    def test_meetings_of_the_client_and_of_its_leads(self):
        lead = self._lead(partner_id=self.client.id)
        attended = self._meeting(self.contact, self.user_own.partner_id, days=-1)
        of_lead = self._meeting(self.user_own.partner_id, opportunity_id=lead.id)
        both = self._meeting(self.client, self.user_own.partner_id, days=2, opportunity_id=lead.id)
        rows = self._rows(kind="meeting")
        self.assertEqual([row.res_id for row in rows], [both.id, of_lead.id, attended.id])
        self.assertEqual(rows.mapped("state"), ["planned", "planned", "done"])
        self.assertEqual(rows.mapped("partner_id"), self.client + self.contact)

    def test_newest_first_with_the_contacts_of_a_company(self):
        lead = self._lead(partner_id=self.contact.id)
        self._set_in_database(lead, create_date="2026-01-10 10:00:00")
        self._order(date_order="2026-02-10 10:00:00")
        self._lead(partner_id=self.stranger.id)
        rows = self._rows()
        self.assertEqual(rows.mapped("kind"), ["order", "lead"])
        self.assertEqual(rows.commercial_partner_id, self.client)
        self.assertEqual(self._rows(self.contact).lead_id, lead)
        self.assertFalse(self._rows(self.contact, kind="order"))

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_others_documents_are_hidden_from_own_documents(self):
        lead = self._lead(partner_id=self.client.id, user_id=self.user_all.id)
        self._order(user=self.user_all, opportunity_id=lead.id)
        self._activity(lead, user=self.user_all)
        self._meeting(self.user_all.partner_id, opportunity_id=lead.id, user=self.user_all)
        self.assertEqual(len(self._rows(user=self.user_all)), 4)
        self.assertFalse(self._rows(user=self.user_own))
        # an own order of a lead of others: without the lead
        order = self._order(opportunity_id=lead.id)
        self.assertRow(self._rows(user=self.user_own), res_id=order.id, lead_id=lead[:0])

    def test_private_meetings_of_others_are_hidden(self):
        meeting = self._meeting(self.client, self.user_all.partner_id, user=self.user_all, privacy="private")
        self.assertRow(self._rows(user=self.user_all), res_id=meeting.id)
        self.assertFalse(self._rows(user=self.user_manager))
        meeting.privacy = False
        self.assertTrue(self._rows(user=self.user_manager))
        self.user_all.with_user(self.user_all).calendar_default_privacy = "private"
        self.assertFalse(self._rows(user=self.user_manager))
        meeting.partner_ids += self.user_manager.partner_id
        self.assertTrue(self._rows(user=self.user_manager))

    def test_companies_are_apart(self):
        lead = self._lead(partner_id=self.client.id, user_id=False, team_id=False, company_id=self.other_company.id)
        self._activity(lead)
        self._order(user=self.user_other_company, company=self.other_company)
        self.client.company_id = self.company
        self.contact.company_id = self.company
        self._activity(self.contact)
        self.assertEqual(len(self._rows(user=self.user_all)), 1)
        rows = self.env["crm.client.timeline"].with_user(self.user_other_company)
        kinds = rows.search([("partner_id", "in", (self.client + self.contact).ids)]).mapped("kind")
        self.assertEqual(sorted(kinds), ["lead", "order", "phone"])

    def test_only_those_who_see_clients_have_it(self):
        viewer = self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.env.ref("sales_team.group_sale_salesman").implied_ids = [Command.unlink(viewer.id)]
        for user in (self.user_own, self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self._rows(user=user)
        # the group alone, without sales rights, opens no leads and no orders
        self._lead(partner_id=self.client.id)
        self._order()
        self._activity(self.client)
        self.user_own.group_ids = viewer + self.env.ref("base.group_user")
        self.assertEqual(self._rows(user=self.user_own).mapped("kind"), ["phone"])

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_each_source_is_searched_by_the_client(self):
        """The client is what PostgreSQL starts from in each of them, by an index, whatever the user's rights add."""
        contacts = self.env["res.partner"].search([("id", "child_of", self.client.id)])
        given = f"'{{{','.join(map(str, contacts.sorted('id').ids))}}}'"
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")  # as if there were a million of each
        for user in (self.user_own, self.user_manager):
            rows = self.env["crm.client.timeline"].with_user(user)
            query = rows._search([("partner_id", "child_of", self.client.id)], limit=80)
            lines = [line for (line,) in self.env.execute_query(SQL("EXPLAIN %s", query.select("id", "date")))]
            self.assertGreaterEqual(sum(given in line for line in lines), len(rows._get_sources()))
            self.assertFalse([line for line in lines if "Seq Scan" in line])
            late = [scan for scan, condition in pairwise(lines) if "Subquery Scan" in scan and given in condition]
            self.assertFalse(late, "everything is read before the client is looked for")

    def test_without_a_client_nothing_is_read(self):
        """As its bare address opens it, with or without a filter."""
        self._lead(partner_id=self.client.id)
        rows = self.env["crm.client.timeline"].with_user(self.user_manager)
        for domain in ([], [("kind", "=", "lead")], ["|", ("kind", "=", "lead"), ("user_id", "!=", False)]):
            query = rows._search(domain)
            self.assertTrue(query.is_empty(), domain)
            self.assertEqual(rows.search_count(domain), 0)
            self.assertFalse(rows.web_read_group(domain, ["kind"])["groups"])
        for name in ("partner_id", "commercial_partner_id"):
            self.assertEqual(rows.search([(name, "=", self.client.id)]).mapped("kind"), ["lead"])

    def test_a_page_takes_as_many_queries_whatever_is_on_it(self):
        def count():
            self.env.invalidate_all()
            rows = self.env["crm.client.timeline"].with_user(self.user_own)
            names = ("date", "kind", "name", "state", "user_id", "lead_id", "partner_id", "company_id")
            domain = [("partner_id", "child_of", self.client.id)]
            return self._count_queries(lambda: rows.web_search_read(domain, {name: {} for name in names}, limit=80))

        self._order(opportunity_id=self._lead(partner_id=self.client.id).id)
        count()
        few = count()
        for _number in range(5):
            self._order(opportunity_id=self._lead(partner_id=self.contact.id).id)
        self.assertEqual(count(), few)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def test_opens_the_record_behind_a_row(self):
        lead = self._lead(partner_id=self.client.id)
        order = self._order()
        self._activity(lead)
        self._activity(self.contact, self.reservation_type)
        meeting = self._meeting(self.client, self.user_own.partner_id)
        opened = set()
        for row in self._rows(user=self.user_own):
            action = row.action_open_document()
            opened.add((action["res_model"], action["res_id"]))
        self.assertEqual(
            opened,
            {
                ("crm.lead", lead.id),
                ("sale.order", order.id),
                ("res.partner", self.contact.id),
                ("calendar.event", meeting.id),
            },
        )

    def test_row_of_others_is_not_opened(self):
        self._lead(partner_id=self.client.id, user_id=self.user_all.id)
        row = self._rows(user=self.user_all)
        with self.assertRaises(AccessError):
            row.with_user(self.user_own).action_open_document()

    def test_button_of_the_client(self):
        lead = self._lead(partner_id=self.contact.id)
        action = self.client.with_user(self.user_own).action_open_client_timeline()
        rows = self.env[action["res_model"]].with_user(self.user_own).search(action["domain"])
        self.assertEqual(rows.lead_id.id, lead.id)
