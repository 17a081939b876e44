from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import LeadCase

# Monday, 1 March 2027; Rome is an hour ahead of UTC
BEFORE, MORNING, NOON = "2027-03-01 05:59:00", "2027-03-01 06:00:00", "2027-03-01 11:00:00"
NEXT_MORNING = "2027-03-02 06:00:00"


class DigestCase(LeadCase):
    """A company in Rome whose digest leaves at seven, a team with a leader who sees all leads, and a stage that expires
    after three days. Nobody but these people gets a digest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].search([]).lead_digest = False
        cls.company.resource_calendar_id = cls._calendar("Europe/Rome")
        cls.other_company.resource_calendar_id = cls._calendar("Europe/Rome")
        cls.leader = new_test_user(
            cls.env,
            "digest_leader",
            "sales_team.group_sale_salesman_all_leads",
            name="Lia Leader",
            tz="Europe/Rome",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.user_own.name = "Olga Own"
        cls.user_all.name = "Aldo All"
        (cls.user_own + cls.user_all).lead_digest = True
        for user in cls.user_own + cls.user_all + cls.user_manager + cls.user_portal + cls.leader:
            user.email = f"{user.login}@example.com"
        cls.team.user_id = cls.leader
        cls.stage_new.rotting_threshold_days = 3
        cls.stage_working.rotting_threshold_days = 5

    @classmethod
    def _calendar(cls, zone):
        return cls.env["resource.calendar"].create({"name": zone, "tz": zone})

    # ------------------------------------------------------------
    # BUILDING, by the clock of the test
    # ------------------------------------------------------------

    def _expired(self, user=None, days=10, stage=None, **values):
        """A lead that has been in its stage for so many days."""
        lead = self._lead(stage or self.stage_new, **{"user_id": (user or self.user_own).id, **values})
        self._set_in_database(lead, date_last_stage_update=fields.Datetime.now() - timedelta(days=days))
        return lead

    def _overdue(self, user=None, hours=30, **values):
        return self._lead(
            self.stage_late,
            user_id=(user or self.user_own).id,
            date_due=fields.Datetime.now() - timedelta(hours=hours),
            **values,
        )

    def _send(self):
        """Have the job's work done, in the test's transaction."""
        self.env["crm.lead"]._cron_send_digest()
        self.env.flush_all()

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def _digests(self, user):
        return self.env["mail.mail"].search(
            [("email_to", "like", user.email), ("headers", "like", "List-Unsubscribe")], order="id"
        )

    def _text(self, user):
        """The lines of the one digest that the user has got, as its plain text has them; nothing without one."""
        mail = self._digests(user)
        return mail and mail.ensure_one()._prepare_outgoing_list()[0]["body_alternative"] or ""

    def _page(self, user):
        return html.fromstring(self._digests(user).ensure_one().body_html)

    def _links(self, user):
        """The links by their text."""
        return {link.text_content().strip(): link.get("href") for link in self._page(user).iter("a")}

    def _told(self, user):
        """Names of the leads that the user was told of, in the order of the mail."""
        if not self._digests(user):
            return []
        links = self._page(user).iter("a")
        return [link.text_content() for link in links if "/mail/view?model=crm.lead" in link.get("href")]
