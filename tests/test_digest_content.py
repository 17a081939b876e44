from datetime import date, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..models import crm_lead_digest_content
from .digest_common import MORNING, DigestCase


@tagged("post_install", "-at_install")
class TestDigestContent(DigestCase):
    """What stands in a digest."""

    def setUp(self):
        super().setUp()
        self.startPatcherAt(MORNING)

    def startPatcherAt(self, text):
        clock = self._at(text)
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)

    def test_expired_leads_stand_by_stage_who_waits_longest_first(self):
        self._expired(name="Working", stage=self.stage_working, days=7)
        self._expired(name="Short", days=4)
        self._expired(name="Long", days=400)
        self._send()
        self.assertEqual(self._told(self.user_own), ["Long", "Short", "Working"])
        text = self._text(self.user_own)
        for words in ("3 leads need you", "Too long in their stage", "Just in (2)", "At work (1)", "397 d", "1 d"):
            self.assertIn(words, text)
        self.assertEqual(self._digests(self.user_own).subject, "3 leads need you")

    def test_leads_of_both_of_odoos_types_expire(self):
        self._expired(name="Bare", type="lead")
        self._send()
        self.assertEqual(self._told(self.user_own), ["Bare"])
        self.assertEqual(self._digests(self.user_own).subject, "1 lead needs you")

    def test_a_row_says_whose_lead_it_is_since_when_it_is_late_and_what_comes_next(self):
        lead = self._expired(contact_name="Marco Rossi", days=5, is_urgent=True)
        lead.activity_schedule(
            "mail.mail_activity_data_call",
            date(2027, 3, 4),
            summary="Ask for the dates",
            user_id=self.user_own.id,
        )
        lead.activity_schedule("mail.mail_activity_data_todo", date(2027, 3, 9), user_id=self.user_own.id)
        self._send()
        line = next(line for line in self._text(self.user_own).splitlines() if "A week by the sea" in line)
        for words in (lead.number, "Marco Rossi", "URGENT", "2 d", "02/27/2027", "Ask for the dates", "03/04/2027"):
            self.assertIn(words, line)
        self.assertNotIn("03/09/2027", line)

    def test_an_activity_without_words_is_called_by_its_type(self):
        self._expired().activity_schedule("mail.mail_activity_data_call", user_id=self.user_own.id)
        self._send()
        self.assertIn(self.env.ref("mail.mail_activity_data_call").name, self._text(self.user_own))

    def test_overdue_leads_and_expired_proposals_stand_beside_them(self):
        self._overdue(name="Due", hours=5)
        self._lead(self.stage_late, name="Proposed", proposal_deadline=date(2027, 2, 26))
        self._lead(self.stage_late, name="Still valid", proposal_deadline=date(2027, 3, 1))
        self._lead(self.stage_late, name="Not yet", date_due=fields.Datetime.now() + timedelta(hours=1))
        self._send()
        self.assertEqual(self._told(self.user_own), ["Due", "Proposed"])
        text = self._text(self.user_own)
        for words in ("Overdue (1)", "Proposals expired (1)", "5 h", "3 d 02/26/2027"):
            self.assertIn(words, text)

    def test_a_lead_is_told_once(self):
        self._expired(date_due=fields.Datetime.now() - timedelta(days=1), proposal_deadline=date(2027, 2, 1))
        self._send()
        self.assertEqual(len(self._told(self.user_own)), 1)
        self.assertEqual(self._digests(self.user_own).subject, "1 lead needs you")

    def test_frozen_closed_and_removed_leads_are_not_told(self):
        past = fields.Datetime.now() - timedelta(days=9)
        for stage in (self.stage_frozen, self.stage_won, self.stage_lost, self.stage_abandoned):
            stage.rotting_threshold_days = 1
            self._expired(stage=stage, date_due=past, proposal_deadline=past.date())
        removed = self._expired()
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._send()
        self.assertFalse(self._digests(self.user_own) + self._digests(self.leader))

    def test_a_long_stage_is_cut_off_with_a_link_to_the_rest(self):
        for number in range(22):
            self._expired(name=f"Lead {number}", days=50 - number)
        self._send()
        self.assertEqual(self._told(self.user_own), [f"Lead {number}" for number in range(20)])
        self.assertIn("Just in (22)", self._text(self.user_own))
        self.assertEqual(
            self._links(self.user_own)["and 2 more"],
            f"{self.company.get_base_url()}/odoo/{self.user_own.id}/leads-expired",
        )
        self.assertEqual(self._digests(self.user_own).subject, "22 leads need you")

    def test_a_long_mail_is_cut_off_but_names_every_stage(self):
        self.patch(crm_lead_digest_content, "MAIL_ROWS", 2)
        for days in (20, 30, 40):
            self._expired(name=f"{days} days", days=days)
            self._expired(name=f"{days} days at work", days=days, stage=self.stage_working)
        self._send()
        self.assertEqual(self._told(self.user_own), ["40 days", "30 days"])
        text = self._text(self.user_own)
        for words in ("and 1 more", "At work (3)", "see these leads", "6 leads need you"):
            self.assertIn(words, text)

    def test_what_people_typed_is_text(self):
        self._expired(name="<script>alert(1)</script>", contact_name="<b>Bold</b>")
        self._send()
        self.assertEqual(self._told(self.user_own), ["<script>alert(1)</script>"])
        self.assertFalse(list(self._page(self.user_own).iter("script", "b", "style", "img")))

    def test_the_links_lead_to_the_company_and_the_lead(self):
        lead = self._expired(name="Follow me")
        self._send()
        self.assertEqual(
            self._links(self.user_own)["Follow me"],
            f"{self.company.get_base_url()}/mail/view?model=crm.lead&res_id={lead.id}",
        )

    def test_each_reads_it_in_the_own_language_and_by_the_own_clock(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.user_own.write({"lang": "it_IT", "tz": "Pacific/Kiritimati"})
        self.stage_new.with_context(lang="it_IT").name = "Appena arrivati"
        view = self.env.ref("crm_lead_lifecycle.crm_lead_digest_block")
        view.update_field_translations("arch_db", {"it_IT": {"Too long in their stage": "Fermi da troppo"}})
        for user in (self.user_own, self.user_all):
            lead = self._expired(user)
            self._set_in_database(lead, date_last_stage_update="2027-02-20 15:00:00")
        self._send()
        italian, english = self._text(self.user_own), self._text(self.user_all)
        for words in ("Appena arrivati", "Fermi da troppo", "24/02/2027"):
            self.assertIn(words, italian)
        for words in ("Just in", "Too long in their stage", "02/23/2027"):
            self.assertIn(words, english)

    def test_a_language_that_was_switched_off_holds_nobody_up(self):
        self._expired()
        self._expired(self.user_all)
        self._set_in_database(self.user_own.partner_id, lang="it_IT")
        self._send()
        for user in (self.user_own, self.user_all):
            self.assertIn("Too long in their stage", self._text(user))

    def test_it_comes_from_the_company_and_answers_no_answering_machine(self):
        self.company.email = "desk@example.com"
        self._expired()
        self._send()
        mail = self._digests(self.user_own)
        self.assertIn("desk@example.com", mail.email_from)
        self.assertIn("Auto-Submitted", mail.headers)
        self.assertEqual(mail.state, "outgoing")


@tagged("post_install", "-at_install")
class TestDigestReaders(DigestCase):
    """Who is told of a lead."""

    def setUp(self):
        super().setUp()
        clock = self._at(MORNING)
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)

    def _be_away(self, user):
        user.away_until = fields.Datetime.now() + timedelta(days=3)

    def test_leaders_see_the_team_in_numbers(self):
        self._expired(self.user_own)
        self._overdue(self.user_own)
        self._overdue(self.user_all, proposal_deadline=date(2027, 2, 1))
        self._send()
        self.assertEqual(self._told(self.leader), [])
        text = self._text(self.leader)
        self.assertEqual(self._digests(self.leader).subject, "3 leads of your team are late")
        self.assertRegex(text, r"Olga Own +1 \[\d+\] +1 \[\d+\] +–")
        self.assertRegex(text, r"Aldo All +– +1 \[\d+\] +1 \[\d+\]")
        base = f"{self.company.get_base_url()}/odoo/{self.user_all.id}"
        links = [link.get("href") for link in self._page(self.leader).iter("a")]
        self.assertIn(f"{base}/leads-overdue", links)
        self.assertIn(f"{base}/leads-proposals-expired", links)

    def test_the_lists_behind_the_numbers_have_as_many_leads(self):
        other_team = self.env["crm.team"].create({"name": "Others", "user_id": self.user_all.id})
        self._expired(name="Ours")
        of_no_team = self._expired(name="Of no team")
        self._set_in_database(of_no_team, team_id=None)
        self._expired(name="Theirs", team_id=other_team.id)
        self._overdue(name="Ours too")
        for leader, names in (
            (self.leader, {"Ours", "Of no team"}),
            (self.user_all, {"Theirs"}),
            (self.user_own, {"Ours", "Of no team", "Theirs"}),
        ):
            action = self.env.ref("crm_lead_lifecycle.crm_lead_action_expired")
            domain = [*safe_eval(action.domain, {"uid": leader.id}), ("is_rotting", "=", True)]
            found = self.env["crm.lead"].with_user(leader).search([*domain, ("user_id", "=", self.user_own.id)])
            self.assertEqual(set(found.mapped("name")), names)
        self._send()
        self.assertRegex(self._text(self.leader), r"Olga Own +2 \[\d+\] +1 \[\d+\] +–")
        self.assertRegex(self._text(self.user_all), r"Olga Own +1 \[\d+\] +– +–")

    def test_leaders_of_other_teams_see_nothing_of_it(self):
        self.env["crm.team"].create({"name": "Others", "company_id": False, "user_id": self.user_all.id})
        self._expired(self.user_own)
        self._send()
        self.assertFalse(self._digests(self.user_all))

    def test_leads_of_nobody_are_told_to_the_leader_of_their_team(self):
        self._expired(name="Nobody's", user_id=False, team_id=self.team.id)
        self._send()
        self.assertEqual(self._told(self.leader), ["Nobody's"])
        text = self._text(self.leader)
        for words in ("Leads of nobody", "Nobody 1"):
            self.assertIn(words, " ".join(text.split()))

    def test_leads_of_who_is_away_are_told_to_the_leader_in_full(self):
        self._be_away(self.user_own)
        self._expired(name="Olga's")
        self._expired(self.user_all, name="Aldo's")
        self._send()
        self.assertFalse(self._digests(self.user_own))
        self.assertEqual(self._told(self.leader), ["Olga's"])
        self.assertIn("In place of Olga Own", self._text(self.leader))
        self.assertEqual(self._told(self.user_all), ["Aldo's"])

    def test_a_lead_without_a_team_goes_to_the_leader_of_its_salesperson(self):
        self._be_away(self.user_own)
        lead = self._expired(name="Teamless")
        self._set_in_database(lead, team_id=None)
        self._send()
        self.assertEqual(self._told(self.leader), ["Teamless"])

    def test_leads_of_who_has_left_are_told_to_the_leader(self):
        self._expired(name="Left behind")
        self.user_own.active = False
        self._send()
        self.assertFalse(self._digests(self.user_own))
        self.assertEqual(self._told(self.leader), ["Left behind"])

    def test_who_is_away_is_told_if_no_leader_is_there(self):
        self._be_away(self.user_own)
        self._expired(name="Olga's")
        for unavailable in ("away", "stopped", "own", "none"):
            with self.subTest(unavailable), self.env.cr.savepoint() as savepoint:
                if unavailable == "away":
                    self._be_away(self.leader)
                elif unavailable == "stopped":
                    self.leader.lead_digest = False
                elif unavailable == "own":
                    group = self.env.ref("sales_team.group_sale_salesman")
                    self.leader.group_ids = [Command.set((group + self.env.ref("base.group_user")).ids)]
                else:
                    self.team.user_id = False
                self._send()
                self.assertEqual(self._told(self.user_own), ["Olga's"])
                self.assertFalse(self._told(self.leader))
                savepoint.rollback()
            self.env.invalidate_all()

    def test_who_comes_back_is_told_again(self):
        self._be_away(self.user_own)
        self._expired()
        with self._at("2027-03-05 06:00:00"):
            self._send()
        self.assertEqual(len(self._told(self.user_own)), 1)

    def test_portal_users_and_people_without_a_right_to_leads_get_nothing(self):
        self.user_portal.lead_digest = True
        guard = self.env["res.users"].create(
            {
                "name": "Guard",
                "login": "digest_guard",
                "email": "digest_guard@example.com",
                "group_ids": self.env.ref("base.group_user").ids,
            }
        )
        for user in (self.user_portal, guard):
            self._set_in_database(self._expired(), user_id=user.id)
        self._send()
        self.assertFalse(self._digests(self.user_portal) + self._digests(guard))
        self.assertEqual(len(self._told(self.leader)), 2)

    def test_who_has_no_address_is_left_alone(self):
        self.user_own.email = False
        self._expired()
        self._send()
        self.assertFalse(
            self.env["mail.mail"].search([("headers", "like", "List-Unsubscribe")]) - self._digests(self.leader)
        )

    def test_one_mail_for_all_companies_of_a_person(self):
        self.user_manager.lead_digest = True
        self.other_company.lead_digest_hour = 12
        self._expired(self.user_manager, name="Here", company_id=self.company.id, team_id=False)
        self._expired(self.user_manager, name="There", company_id=self.other_company.id, team_id=False)
        self._expired(self.user_manager, name="Anywhere", company_id=False, team_id=False)
        self._send()
        self.assertEqual(sorted(self._told(self.user_manager)), ["Anywhere", "Here", "There"])

    def test_the_main_company_has_the_clock_unless_it_sends_none(self):
        self.assertEqual(self.user_manager._get_digest_company(), self.company)
        self.company.lead_digest_active = False
        self.assertEqual(self.user_manager._get_digest_company(), self.other_company)
        self.user_manager.lead_digest = True
        self._expired(self.user_manager, name="Here", company_id=self.company.id, team_id=False)
        self._expired(self.user_manager, name="There", company_id=self.other_company.id, team_id=False)
        self._send()
        self.assertEqual(self._told(self.user_manager), ["There"])

    def test_leads_of_a_company_that_the_owner_lacks_go_to_a_leader_who_has_it(self):
        lead = self._expired(name="Theirs")
        self._set_in_database(lead, company_id=self.other_company.id)
        self._send()
        self.assertFalse(self._digests(self.user_own) + self._digests(self.leader))
        self.leader.company_ids += self.other_company
        (self.user_own + self.leader).lead_digest_date = False
        self._send()
        self.assertFalse(self._digests(self.user_own))
        self.assertEqual(self._told(self.leader), ["Theirs"])

    def test_rules_hide_leads_from_the_digest_too(self):
        self.env["ir.rule"].create(
            {
                "name": "No secrets",
                "model_id": self.env.ref("crm.model_crm_lead").id,
                "domain_force": "[('name', '!=', 'Secret')]",
            }
        )
        self._expired(name="Secret")
        self._expired(name="Open")
        self._send()
        self.assertEqual(self._told(self.user_own), ["Open"])
        self.assertEqual(self._digests(self.user_own).subject, "1 lead needs you")
        self.assertIn("Just in (1)", self._text(self.user_own))
        self.assertNotIn("more", self._text(self.user_own))
