from odoo.tests import tagged

from ..models import client_names
from .common import LeadCase


@tagged("post_install", "-at_install")
class TestClientMatch(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.italy, cls.poland = cls.env.ref("base.it"), cls.env.ref("base.pl")
        cls.match = cls.env["crm.client.match"].with_user(cls.user_all)
        cls.mario = cls._client(
            name="Mario Rossitest",
            phone="+39 333 1230567",
            email="mario.rossitest@gmail.com",
            street="Via Garibaldi 5",
            city="Torino",
            zip="10122",
        )

    @classmethod
    def _client(cls, **values):
        return cls.env["res.partner"].create({"country_id": cls.italy.id, **values})

    def _best(self, **values):
        """The best candidate: partner, band, reasons."""
        found = self.match.search_candidates(values)
        if not found:
            return self.env["res.partner"], None, []
        return self.env["res.partner"].browse(found[0]["partner_id"]), found[0]["band"], found[0]["reasons"]

    def test_phone_in_any_writing_with_the_name_is_sure(self):
        for phone in ("333 1230567", "+39 333.123.0567", "0039-333-1230567", "(333) 12 30 567"):
            partner, band, reasons = self._best(name="Rossitest Mario", phone=phone, country_id=self.italy.id)
            self.assertEqual((partner, band), (self.mario, "auto"), phone)
            self.assertIn("Same phone +39 333 123 0567", reasons)

    def test_phone_that_cannot_be_read_falls_back_to_its_last_digits(self):
        _partner, band, reasons = self._best(phone="9933 31230567 9", name="Mario Rossitest")
        self.assertNotEqual(band, "auto")
        partner, band, reasons = self._best(phone="00 00 333 1230567", country_id=self.poland.id)
        self.assertEqual((partner, band), (self.mario, "review"))
        self.assertTrue(reasons[0].startswith("Same last digits of the phone"), reasons)

    def test_two_phones_in_one_field(self):
        for phone in (
            "+39 333 1230567 / 02 5559999",
            "02 5559999 oppure 3331230567",
            "casa 025559999, cell. 333 1230567",
        ):
            found = self._best(name="Rossitest Mario", phone=phone, country_id=self.italy.id)
            self.assertEqual(found[:2], (self.mario, "auto"), phone)
        client = self._client(name="Ewa Testowa", phone="601 200 300; 22 555 66 77", country_id=self.poland.id)
        self.assertEqual(self._best(name="Ewa Testowa", phone="+48601200300")[:2], (client, "auto"))

    def test_mail_in_canonical_form(self):
        partner, band, reasons = self._best(name="Mario Rossitest", email="M.ario.Rossitest+sea@GoogleMail.com")
        self.assertEqual((partner, band), (self.mario, "auto"))
        self.assertIn("Same e-mail mariorossitest@gmail.com", reasons)

    def test_name_alone_is_weak(self):
        partner, band, reasons = self._best(name="Dott. Mário Rossitest")
        self.assertEqual((partner, band), (self.mario, "weak"))
        self.assertEqual(reasons, ["Same name: Mario Rossitest"])

    def test_mistyped_name_says_how_much_is_alike(self):
        partner, band, reasons = self._best(name="Mario Rossitset", phone="+393331230567")
        self.assertEqual((partner, band), (self.mario, "auto"))
        self.assertIn("Name 92 % alike: Mario Rossitset / Mario Rossitest", reasons)

    def test_family_is_for_a_person_to_judge(self):
        for name in ("Maria Rossitest", "Lucia Rossitest"):
            partner, band, _reasons = self._best(
                name=name, phone="+393331230567", email="mario.rossitest@gmail.com", street="Via Garibaldi 5"
            )
            self.assertEqual((partner, band), (self.mario, "review"), name)

    def test_recycled_phone_is_not_sure(self):
        _partner, band, reasons = self._best(name="Zbigniew Nowakowski", phone="+393331230567")
        self.assertEqual(band, "weak")
        self.assertTrue(any(reason.startswith("Another name") for reason in reasons), reasons)

    def test_name_and_house_are_sure_name_and_town_are_not(self):
        address = {"city": "Torino", "zip": "10122"}
        self.assertEqual(
            self._best(name="Mario Rossitest", street="v. garibaldi, 5", **address)[:2], (self.mario, "auto")
        )
        self.assertEqual(self._best(name="Mario Rossitest", street="Via Garibaldi 7", **address)[1], "auto")
        other = {"phone": "+39 333 9998887", **address}
        self.assertEqual(self._best(name="Mario Rossitest", street="Via Garibaldi 7", **other)[1], "review")
        self.assertEqual(self._best(name="Mario Rossitest", **address)[1], "review")

    def test_polish_letters_and_forms(self):
        client = self._client(name="Łukasz Wiśniewskitest", email="lw@example.pl")
        for name in ("Lukasz Wisniewskitest", "WIŚNIEWSKITEST ŁUKASZ", "pan Łukasz Wisniewskitest"):
            self.assertEqual(self._best(name=name, email="LW@example.pl")[:2], (client, "auto"), name)

    def test_switchboard_says_less_the_more_share_it(self):
        clients = [self._client(name=f"Colleague{letter} Testone", phone="+39 02 5559876") for letter in "abcdefghij"]
        partner, band, reasons = self._best(name="Colleaguec Testone", phone="02 5559876", country_id=self.italy.id)
        self.assertEqual((partner, band), (clients[2], "review"))
        self.assertIn("Same phone +39 02 555 9876, which 10 clients share", reasons)

    def test_all_who_share_a_switchboard_are_counted(self):
        for number in range(30):
            self._client(name=f"Crowd{number} Testtwo", phone="+39 02 5559877")
        reasons = self._best(name="Crowd7 Testtwo", phone="+39025559877")[2]
        self.assertIn("Same phone +39 02 555 9877, which 30 clients share", reasons)

    def test_company_by_a_phone_of_its_contact(self):
        company = self._client(name="Bakerytest S.r.l.", is_company=True)
        self._client(name="Anna Fornaio", phone="+39 02 5551122", parent_id=company.id)
        partner, band, reasons = self._best(company_name="BAKERYTEST SPA", phone="+39025551122")
        self.assertEqual((partner, band), (company, "auto"))
        self.assertIn("Same phone +39 02 555 1122, of the contact Anna Fornaio", reasons)

    def test_company_that_writes_is_not_one_of_its_contacts(self):
        company = self._client(
            name="Bakerytest S.r.l.", is_company=True, phone="+39 02 5551122", email="info@bt.example"
        )
        anna = self._client(name="Anna Fornaiotest", phone="+39 02 5551122", parent_id=company.id)
        asked = {"company_name": "Bakerytest", "phone": "+39025551122", "email": "info@bt.example"}
        self.assertEqual(self._best(**asked)[:2], (company, "auto"))
        partner, band, reasons = self._best(name="Fornaiotest Anna", **asked)
        self.assertEqual((partner, band), (anna, "auto"))
        self.assertIn("Same company", reasons)
        self.assertEqual(self._best(name="Bruno Fornaiotest", **asked)[1], "review")

    def test_common_name_says_less(self):
        for number in range(12):
            self._client(name="Paolo Frequenttest", city=f"Town {number}")
        found = self.match.search_candidates({"name": "Frequenttest Paolo", "city": "Town 3"})
        self.assertEqual(found[0]["band"], "review")
        self.assertIn("Same name, which 12 clients have: Paolo Frequenttest", found[0]["reasons"])

    def test_without_the_whole_name_nothing_may_speak_for_the_rest_of_the_family(self):
        house = {"street": "Via Garibaldi 5", "city": "Torino", "zip": "10122"}
        phone, mail = "+393331230567", "mario.rossitest@gmail.com"
        for name in ("Rossitest", "M. Rossitest", ""):
            for values, band in (
                ({"phone": phone}, "review"),
                ({"email": mail}, "review"),
                ({"phone": phone, "email": mail}, "auto"),
                ({"phone": phone, **house}, "auto"),
                ({"phone": "+393339998887", "email": mail, **house}, "review"),
            ):
                self.assertEqual(self._best(name=name, **values)[:2], (self.mario, band), (name, values))

    def test_two_that_fit_as_well_are_for_a_person_to_judge(self):
        self._client(name="Mario Rossitest", phone="+39 333 1230567")
        found = self.match.search_candidates({"name": "Mario Rossitest", "phone": "+393331230567"})
        self.assertEqual([candidate["band"] for candidate in found[:2]], ["review", "review"])

    def test_further_phones_and_their_changes(self):
        line = self.env["crm.client.phone"].create({"partner_id": self.mario.id, "phone": "+39 345 7770001"})
        self.assertEqual(self._best(phone="+393457770001")[0], self.mario)
        line.phone = "+39 345 7770002"
        self.assertFalse(self._best(phone="+393457770001")[0])
        self.assertEqual(self._best(phone="+393457770002")[0], self.mario)
        line.unlink()
        self.assertFalse(self._best(phone="+393457770002")[0])

    def test_keys_follow_the_contact(self):
        self.mario.write({"phone": "+39 345 7770003", "name": "Pietro Nuovotest"})
        self.assertFalse(self._best(phone="+393331230567")[0])
        self.assertEqual(self._best(phone="+393457770003", name="Nuovotest Pietro")[1], "auto")

    def test_merged_contacts_are_found_as_one(self):
        other = self._client(name="M Rossitest", phone="+39 345 7770004")
        self.env["base.partner.merge.automatic.wizard"]._merge((self.mario + other).ids, self.mario, extra_checks=False)
        keys = "SELECT count(*) FROM crm_client_key WHERE partner_id = %s"
        self.env.cr.execute(keys, [other.id])
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertEqual(self._best(phone="+393331230567")[0], self.mario)

    def test_archived_clients_only_on_demand_and_never_sure(self):
        self.mario.active = False
        values = {"name": "Mario Rossitest", "phone": "+393331230567", "email": "mario.rossitest@gmail.com"}
        self.assertEqual(self.match.search_candidates(values), [])
        found = self.match.with_context(active_test=False).search_candidates(values)
        self.assertEqual((found[0]["partner_id"], found[0]["band"]), (self.mario.id, "review"))
        self.assertIn("Archived", found[0]["reasons"])

    def test_clients_of_another_company_are_not_seen(self):
        self.mario.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertFalse(self._best(phone="+393331230567")[0])

    def test_clients_of_another_company_crowd_nobody_out_and_are_not_counted(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        values = {"name": "Crowded Testfew", "phone": "+39 02 5557777"}
        for _number in range(45):
            self._client(**values, company_id=elsewhere.id)
        ours = self._client(**values)
        partner, band, reasons = self._best(**values)
        self.assertEqual((partner, band), (ours, "auto"))
        self.assertEqual(reasons, ["Same phone +39 02 555 7777", "Same name: Crowded Testfew"])

    def test_excluded_clients_are_left_out(self):
        self.assertEqual(self.match.search_candidates({"phone": "+393331230567", "excluded_ids": [self.mario.id]}), [])

    def test_nothing_for_who_may_not_see_clients(self):
        values = {"name": "Mario Rossitest", "phone": "+393331230567"}
        self.env.ref("sales_team.group_sale_salesman").implied_ids -= self.env.ref(
            "crm_lead_lifecycle.group_client_viewer"
        )
        for user in (self.user_own, self.user_portal):
            match = self.env["crm.client.match"].with_user(user)
            self.assertEqual(match.search_candidates(values), [], user.login)
            self.assertEqual(match.search_candidates_batch([values, None]), [[], []], user.login)
        self.assertEqual(self.match.search_candidates(values)[0]["partner_id"], self.mario.id)

    def test_absurd_input_finds_nothing_and_breaks_nothing(self):
        for values in (
            None,
            [],
            {},
            {"name": "   ", "phone": " \t ", "email": "@"},
            {"name": "'; DROP TABLE res_partner; --", "street": "%", "zip": "\\"},
            {"name": "😀" * 300, "company_name": "x" * 300, "phone": "1" * 300},
            {"name": 5, "phone": True, "country_id": "IT", "excluded_ids": ["x"]},
            {"name": "Mario Rossitest", "phone": "+999999999999", "country_id": 10**12, "excluded_ids": 5},
        ):
            self.assertIsInstance(self.match.search_candidates(values), list)

    def test_many_at_once_take_no_more_queries(self):
        one = {"name": "Mario Rossitest", "phone": "+393331230567", "country_id": self.italy.id}
        self.match.search_candidates(one)
        self.env.invalidate_all()
        with self.assertQueryCount(9):
            found = self.match.search_candidates_batch([{**one, "city": f"Town {number}"} for number in range(30)])
        self.assertEqual({candidates[0]["partner_id"] for candidates in found}, {self.mario.id})

    def test_words_of_names(self):
        self.assertEqual(client_names.name_tokens("Sig.ra Anna D'Àngelo"), ["anna", "dangelo"])
        self.assertEqual(client_names.company_tokens("Zakład Usług Sp. z o.o."), ["zaklad", "uslug"])
        self.assertTrue(client_names.is_typo("wisniewski", "wisnewski"))
        self.assertFalse(client_names.is_typo("mario", "maria"))
        for street, number in (
            ("ul. 3 Maja 80", "80"), ("12 Baker Street", "12"), ("Via Roma, 5/B int. 3", "5"), ("R. 25 de Abril", "25"),
            ("Via Larga", ""), ("", ""),
        ):  # fmt: skip
            self.assertEqual(client_names.street_parts(street)[0], number, street)
