from unittest.mock import patch

from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_notice import NoticeCase

SENDER = "odoo.addons.crm_lead_lifecycle.models.crm_lead_notice"


@tagged("post_install", "-at_install")
class TestNoticeAssigned(NoticeCase):
    """Who gets leads is told once, in place of Odoo's own message."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._notice("assigned").to_salesperson = True
        cls.lead = cls._make()

    def _assign(self, leads=None, to=None, by=None):
        leads = (self.lead if leads is None else leads).with_user(by or self.env.user)
        return self._told(lambda: leads.write({"user_id": (to or self.user_own).id}))

    # ------------------------------------------------------------
    # ONE MESSAGE
    # ------------------------------------------------------------

    def test_one_mail_in_place_of_odoos(self):
        messages = self._assign(by=self.user_manager)
        self.assertTold(messages, self.user_own)
        self.assertEqual(len(self._new_mails), 1)
        self.assertEqual(messages.subject, f"New lead for you: {self.lead.display_name}")
        self.assertEqual(messages.author_id, self.user_manager.partner_id)
        self.assertEqual(messages.model, "crm.lead")
        self.assertEqual(messages.res_id, self.lead.id)
        self.assertIn(f"/mail/view?model=crm.lead&amp;res_id={self.lead.id}", self._new_mails.body_html)
        self.assertEqual(self._new_mails.state, "outgoing", "sent by the queue, not by the request")

    def test_what_it_says(self):
        self.lead.write(
            {
                "contact_name": "Marco Rossi",
                "partner_name": "Rossi Ltd",
                "phone": "+39 333 123-4567",
                "email_from": "marco@example.org",
                "source_id": self.env["utm.source"].create({"name": "Fair of Verona"}).id,
                "request": f"Four people,\na dog. {'Long. ' * 100}",
                "date_due": "2027-07-01 16:00:00",
            }
        )
        body = self._assign().body
        text = " ".join(html.fromstring(body).text_content().split())
        for part in (
            "Marco Rossi · Rossi Ltd",
            "Fair of Verona",
            "Four people, a dog.",
            "marco@example.org",
            "Due 7/1/27, 6:00 PM",
        ):
            self.assertIn(part, text.replace("\N{NARROW NO-BREAK SPACE}", " "))
        self.assertIn("…", text)
        self.assertNotIn("Long. " * 80, text)
        self.assertIn('href="tel:+393331234567"', body)

    def test_what_strangers_wrote_stays_text(self):
        attack = '<script>alert(1)</script><a href="javascript:alert(1)">"\'</a>'
        self.lead.write(
            {"name": f"{attack}\nBcc: x", "contact_name": attack, "request": attack, "phone": f'1"{attack}'}
        )
        message = self._assign()
        tree = html.fromstring(message.body)
        self.assertFalse(tree.xpath("//script"))
        self.assertFalse([link for link in tree.xpath("//@href") if link.startswith("javascript")])
        self.assertIn("<script>", tree.text_content())
        self.assertNotIn("\n", message.subject)

    def test_nothing_of_an_existing_client(self):
        client = self.env["res.partner"].create({"name": "Secret Ltd", "vat": "BE0477472701"})
        self._set_in_database(self.lead, partner_id=client.id)
        self.assertNotIn("Secret", self._assign().body)

    def test_whoever_wants_the_inbox_gets_no_mail(self):
        self.user_own.notification_type = "inbox"
        messages = self._assign()
        self.assertFalse(self._new_mails)
        self.assertEqual(messages.notification_ids.mapped("notification_type"), ["inbox"])

    def test_in_the_language_and_by_the_clock_of_the_reader(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.user_own.write({"lang": "it_IT", "tz": "Asia/Tokyo"})
        self.lead.date_due = "2027-07-01 16:00:00"
        texts = []
        prepare = self.registry["crm.lead"]._prepare_notice

        def prepare_notice(lead, *args):
            texts.append((lead.env.lang, prepare(lead, *args)["state"][-1][1]))
            return prepare(lead, *args)

        with patch.object(self.registry["crm.lead"], "_prepare_notice", prepare_notice):
            self._assign()
        self.assertEqual(texts, [("it_IT", "02/07/27, 01:00")])

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def test_nothing_about_what_one_does_oneself(self):
        self.assertTold(self._assign(by=self.user_own))
        self.assertTold(self._told(lambda: self._make(user=self.user_own, user_id=self.user_own.id)))

    def test_made_for_a_colleague(self):
        self.assertTold(self._told(lambda: self._make(user=self.user_all, user_id=self.user_own.id)), self.user_own)

    def test_imported(self):
        leads = self.loud["crm.lead"].with_user(self.user_manager)
        rows = [["One", "lead_own"], ["Two", "lead_own"]]
        messages = self._told(lambda: leads.load(["name", "user_id"], rows))
        self.assertTold(messages, self.user_own)
        self.assertEqual(messages.subject, "2 new leads for you")

    def test_the_same_salesperson_written_again_is_no_news(self):
        self._assign()
        self.assertTold(self._assign())
        lead = self._make()

        def assign_twice():
            lead.user_id = self.user_own
            lead.write({"user_id": self.user_own.id})

        self.assertTold(self._told(assign_twice), self.user_own)

    def test_reassigned_before_it_was_told(self):
        def assign():
            self.lead.user_id = self.user_own
            self.lead.user_id = self.user_all

        self.assertTold(self._told(assign), self.user_all)

    def test_taken_by_oneself_after_all(self):
        def assign():
            lead = self.lead.with_user(self.user_manager)
            lead.user_id = self.user_own
            lead.user_id = self.user_manager

        self.assertTold(self._told(assign))

    def test_deleted_or_removed_before_it_was_told(self):
        def assign(then):
            lead = self._make(user_id=self.user_own.id)
            then(lead)

        self.assertTold(self._told(lambda: assign(lambda lead: lead.unlink())))
        self.assertTold(self._told(lambda: assign(self._remove)))

    def _remove(self, lead):
        wizard = self.env["crm.lead.remove"].create({"lead_ids": lead.ids, "removal_reason_id": self.removal_reason.id})
        wizard.action_apply()

    def test_silent_where_odoo_is(self):
        for context in ({"mail_auto_subscribe_no_notify": True}, {"tracking_disable": True}):
            lead = self._make().with_context(**context)
            self.assertTold(self._told(lambda lead=lead: lead.write({"user_id": self.user_own.id})))

    def test_rolled_back_is_not_told(self):
        def assign():
            savepoint = self.env.cr.savepoint()
            self.lead.user_id = self.user_own
            savepoint.rollback()

        self.assertTold(self._told(assign))

    def test_the_salesperson_follows_the_lead_as_in_odoo(self):
        self._assign()
        self.assertIn(self.user_own.partner_id, self.lead.message_partner_ids)

    def test_other_messages_of_odoo_stay(self):
        lead = self.lead
        with patch.object(type(self.env["ir.qweb"]), "_render", return_value="Hello"):
            messages = self._told(
                lambda: lead._message_auto_subscribe_notify(self.user_own.partner_id.ids, "mail.other_template")
            )
        self.assertTold(messages, self.user_own)

    # ------------------------------------------------------------
    # MANY
    # ------------------------------------------------------------

    def test_many_leads_make_one_summary(self):
        leads = self._make(23, phone="+39 333 1234567", date_due="2027-07-01 16:00:00")
        messages = self._assign(leads, by=self.user_manager)
        self.assertTold(messages, self.user_own)
        self.assertEqual(messages.subject, "23 new leads for you")
        tree = html.fromstring(messages.body)
        self.assertEqual(len(tree.xpath("//a[@data-oe-model='crm.lead']")), 20)
        self.assertEqual(len(tree.xpath("//a[starts-with(@href, 'tel:')]")), 20)
        self.assertEqual(" ".join(tree.text_content().split()).count("Due: 7/1/27"), 20)
        self.assertIn("and 3 more", tree.text_content())
        self.assertIn("/odoo/action-crm_lead_lifecycle.crm_lead_action_desk", messages.body)
        self.assertEqual(len(self._new_mails), 1)

    def test_twenty_leads_are_all_listed(self):
        self.assertNotIn("more", self._assign(self._make(20)).body)

    def test_others_are_told_who_got_it(self):
        self._notice("assigned").to_leader = True
        messages = self._assign()
        self.assertTold(messages, self.user_own, self.user_manager)
        of_leader = messages.filtered(lambda message: self.user_manager.partner_id in message.notified_partner_ids)
        self.assertEqual(of_leader.subject, f"Lead assigned: {self.lead.display_name}")
        self.assertIn(self.user_own.name, of_leader.body)

    def test_queries_do_not_grow_with_the_leads(self):
        users = self.env["res.users"].create(
            [
                {
                    "name": f"Colleague {number}",
                    "login": f"colleague_{number}",
                    "email": f"c{number}@example.org",
                    "group_ids": [(4, self.env.ref("sales_team.group_sale_salesman").id)],
                }
                for number in range(10)
            ]
        )

        def count(leads):
            for number, lead in enumerate(leads):
                lead._tell("assigned", users[number % 10])
            self._set_users(leads, users)
            self.env.invalidate_all()
            return self._count_queries(self.env.cr.precommit.run)

        count(self._make(10))  # warms caches up
        few, many = count(self._make(20)), count(self._make(500))
        self.assertLessEqual(many, few + 5)

    def _set_users(self, leads, users):
        self.env.flush_all()
        for number, user in enumerate(users):
            self._set_in_database(leads[number :: len(users)], user_id=user.id)

    def test_a_message_that_fails_holds_nothing_up(self):
        send = self.registry["crm.lead"]._send_notice

        def fail(lead, event, uid, receiver, moments):
            send(lead, event, uid, receiver, moments)
            if receiver == self.user_own:
                raise ValueError("no mail today")

        others = self._make()

        def assign():
            self.lead.user_id = self.user_own
            others.user_id = self.user_all

        with patch.object(self.registry["crm.lead"], "_send_notice", fail), mute_logger(SENDER):
            messages = self._told(assign)
        self.assertTold(messages, self.user_all)
        self.assertEqual(self.lead.user_id, self.user_own)


@tagged("post_install", "-at_install")
class TestNoticeNew(NoticeCase):
    """New leads are told to who does not own them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._notice("new").to_leader = True

    def test_what_comes_in_is_told_to_the_leader(self):
        messages = self._told(lambda: self._make(3))
        self.assertTold(messages, self.user_manager)
        self.assertEqual(messages.subject, "3 new leads")

    def test_what_a_customer_sends_comes_from_the_system(self):
        messages = self._told(
            lambda: self.loud["crm.lead"]
            .with_user(self.user_portal)
            .sudo()
            .create({"name": "Two weeks", "user_id": False, "team_id": self.team.id})
        )
        self.assertTold(messages, self.user_manager)
        self.assertEqual(messages.author_id, self.env.ref("base.partner_root"))

    def test_what_somebody_makes_for_a_colleague_too(self):
        self.assertTold(self._told(lambda: self._make(user=self.user_all, user_id=self.user_own.id)), self.user_manager)

    def test_what_is_over_when_it_comes_in_is_no_news(self):
        self._notice("assigned").to_salesperson = True

        def come_in():
            self._make(user_id=self.user_own.id, stage_id=self.stage_won.id)
            self._make(user_id=self.user_own.id, active=False, probability=0)

        self.assertTold(self._told(come_in))

    def test_not_what_somebody_makes_for_themselves(self):
        self.assertTold(self._told(lambda: self._make(user=self.user_own, user_id=self.user_own.id)))

    def test_not_to_its_maker_nor_to_its_owner(self):
        self.assertTold(self._told(lambda: self._make(user=self.user_manager, user_id=self.user_own.id)))
        self.assertTold(self._told(lambda: self._make(user_id=self.user_manager.id)))

    def test_the_owner_is_told_that_it_is_assigned_besides(self):
        self._notice("assigned").to_salesperson = True
        messages = self._told(lambda: self._make(user_id=self.user_own.id))
        self.assertTold(messages, self.user_own, self.user_manager)
