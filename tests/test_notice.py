from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadCase


class NoticeCase(LeadCase):
    """Notices are sent here, and nobody is told anything but what a test sets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loud = cls.env(context={})
        cls.team.user_id = cls.user_manager
        cls.notices = cls.loud["crm.notice"].search([])
        cls.notices.write({"to_salesperson": False, "to_leader": False, "user_ids": False})
        # the demo data have dates of their own
        cls.env["crm.lead"].search([]).write({"date_due": False, "stage_id": cls.stage_frozen.id})

    @classmethod
    def _notice(cls, event, company=None):
        company = company or cls.company
        return cls.notices.filtered(lambda notice: notice.event == event and notice.company_id == company)

    @classmethod
    def _make(cls, count=1, user=None, **values):
        """Leads that come in, or that ``user`` makes, for nobody unless said."""
        leads = cls.loud["crm.lead"].with_user(user or cls.env.user)
        values = {
            "name": "A week by the sea",
            "type": "opportunity",
            "user_id": False,
            "team_id": cls.team.id,
            **values,
        }
        return leads.create([dict(values) for _number in range(count)]).with_env(cls.loud)

    def _told(self, function=None):
        """The messages of people that ``function`` leads to, once its transaction is to be committed."""
        self.flush_tracking()
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        with self.mock_mail_gateway():
            if function:
                function()
            self.flush_tracking()
        return self.env["mail.message"].search(
            [("id", ">", before), ("message_type", "=", "user_notification")], order="id"
        )

    def assertTold(self, messages, *receivers):
        """One message for each of these users, in this order of their logins, by mail."""
        self.assertEqual(
            sorted(messages.notified_partner_ids.user_ids.mapped("login")), sorted(user.login for user in receivers)
        )
        self.assertEqual(len(messages), len(receivers))


@tagged("post_install", "-at_install")
class TestNoticeMatrix(NoticeCase):
    """Who is told, by the rows of a company and by their own choice."""

    def setUp(self):
        super().setUp()
        self.assigned = self._notice("assigned")

    def _assign(self, user=None, **values):
        lead = self._make(**values)
        return self._told(lambda: lead.write({"user_id": (user or self.user_own).id}))

    def test_each_company_has_its_rows(self):
        events = set(self.env["crm.notice"]._get_events())
        rows = self.notices.grouped("company_id")
        for company in self.company + self.other_company:
            self.assertEqual(set(rows[company].mapped("event")), events)
        self.env["crm.notice"]._make_missing()
        self.assertEqual(self.env["crm.notice"].search_count([]), len(self.notices), "made twice")

    def test_a_new_company_tells_salespeople_what_is_theirs(self):
        company = self.env["res.company"].create({"name": "Third Campings"})
        rows = self.env["crm.notice"].search([("company_id", "=", company.id)])
        told = set(rows.filtered("to_salesperson").mapped("event"))
        self.assertEqual(told, {"assigned", "wrote", "accepted", "recall", "intake"})
        self.assertFalse(rows.filtered(lambda row: row.to_leader or row.user_ids))

    def test_every_event_has_its_choice_its_words_and_its_place_in_the_preferences(self):
        arch = self.env["res.users"].get_view(self.env.ref("base.view_users_form_simple_modif").id, "form")["arch"]
        lead = self._lead()
        for event in self.env["crm.notice"]._get_events():
            self.assertIn(f'name="notice_{event}"', arch)
            self.assertIn(f"notice_{event}", self.env.user.SELF_WRITEABLE_FIELDS)
            if event != "intake":  # it is about requests, not about leads
                self.assertIn(lead.number, lead._get_notice_subject(event, self.user_own))

    def test_roles(self):
        self.assertTold(self._assign())
        self.assigned.to_salesperson = True
        self.assertTold(self._assign(), self.user_own)
        self.assigned.write({"to_leader": True, "user_ids": [Command.link(self.user_all.id)]})
        self.assertTold(self._assign(), self.user_own, self.user_manager, self.user_all)

    def test_one_person_in_several_roles_gets_one_message(self):
        self.assigned.write({"to_salesperson": True, "to_leader": True, "user_ids": self.user_manager.ids})
        self.assertTold(self._assign(self.user_manager), self.user_manager)

    def test_own_choice_comes_first(self):
        self.user_own.notice_assigned = "always"
        self.assertTold(self._assign(), self.user_own)
        self.assigned.write({"to_salesperson": True, "to_leader": True, "user_ids": self.user_all.ids})
        (self.user_own + self.user_manager + self.user_all).notice_assigned = "never"
        self.assertTold(self._assign())
        self.user_manager.notice_assigned = "always"
        self.assertTold(self._assign(), self.user_manager)

    def test_always_concerns_only_ones_own_leads(self):
        self.user_all.notice_assigned = "always"
        self.assertTold(self._assign())

    def test_each_company_by_its_own_rows(self):
        self.assigned.to_salesperson = True
        user = self.user_manager
        self.assertTold(self._assign(user, company_id=self.other_company.id, team_id=False))
        self._notice("assigned", self.other_company).to_salesperson = True
        self.assertTold(self._assign(user, company_id=self.other_company.id, team_id=False), user)

    def test_who_may_not_see_the_lead_is_told_nothing(self):
        self.assigned.user_ids = self.user_own
        self.assertTold(self._assign(self.user_all))
        self.assertTold(self._assign(self.user_own), self.user_own)

    def test_who_left_is_told_nothing(self):
        self.assigned.user_ids = self.user_all
        self.user_all.active = False
        self.assertTold(self._assign())

    def test_only_colleagues_of_the_company_can_be_named(self):
        for user in (self.user_portal, self.user_other_company):
            with self.subTest(user=user.login), self.assertRaisesRegex(ValidationError, user.login):
                self.assigned.user_ids = user

    def test_nobody_tells_the_salesperson_that_a_lead_is_new(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._notice("new").to_salesperson = True
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestNoticeRights(NoticeCase):
    def test_managers_choose_for_their_companies(self):
        self._notice("assigned").with_user(self.user_manager).to_leader = True
        self.assertTrue(self._notice("assigned").to_leader)
        with self.assertRaises(AccessError):
            self._notice("assigned").with_user(self.user_other_company).to_leader = False

    def test_nothing_else_of_a_row_changes(self):
        notice = self._notice("assigned").with_user(self.user_manager)
        for values in ({"event": "new"}, {"company_id": self.other_company.id}, {"date_told": "2027-01-01 00:00:00"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "who gets it"):
                notice.write(values)
        with self.assertRaises(AccessError):
            notice.unlink()
        with self.assertRaises(AccessError):
            notice.create({"event": "new", "company_id": self.company.id})

    def test_salespeople_do_not_see_the_matrix(self):
        for user in (self.user_own, self.user_all, self.user_portal):
            for act in (lambda rows: rows.read(["event"]), lambda rows: rows.write({"to_leader": True})):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    act(self._notice("assigned").with_user(user))

    def test_users_choose_for_themselves_alone(self):
        self.user_own.with_user(self.user_own).write({"notice_assigned": "never"})
        self.assertEqual(self.user_own.notice_assigned, "never")
        with self.assertRaises(AccessError):
            self.user_all.with_user(self.user_own).write({"notice_assigned": "never"})
        with self.assertRaises(ValueError):
            self.user_own.with_user(self.user_own).write({"notice_assigned": "sometimes"})
