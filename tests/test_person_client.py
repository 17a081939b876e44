from odoo.tests import tagged

from .privacy_common import EMAIL, PersonCase

JOHN, JOHNS_PHONE = "john@example.net", "+39 333 1112223"


@tagged("post_install", "-at_install")
class TestPersonClient(PersonCase):
    """A client of the person's leads that is somebody else, such as a company, stays as it was before them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create(
            {"name": "Bigfirm", "is_company": True, "email": "info@bigfirm.example", "phone": "+39 02 5550101"}
        )
        cls.john = cls._lead(contact_name="John", email_from=JOHN, phone=JOHNS_PHONE)
        cls.ann = cls._lead(contact_name="Ann", email_from="ann@bigfirm.example", phone="+39 333 1112224")
        cls.ann._link_client(cls.firm)

    def _assert_approached_as_before(self):
        self.assertFalse(self.ann.is_suppressed)
        self.assertFalse(self._lead(email_from=self.firm.email, phone=self.firm.phone).is_suppressed)
        self.assertEqual(self.firm._get_mail_block_notice(), "")

    # ------------------------------------------------------------
    # WHO IS SUPPRESSED
    # ------------------------------------------------------------

    def test_other_leads_of_a_company_are_approached_as_before(self):
        self.john._link_client(self.firm)
        self._erase(self.john)
        self._assert_approached_as_before()
        self.assertTrue(self._lead(email_from=JOHN).is_suppressed)
        self.assertTrue(self._lead(phone=JOHNS_PHONE).is_suppressed)

    def test_what_odoo_copies_from_a_company_is_the_companys(self):
        self.john.partner_id = self.firm
        self.assertEqual(self.john.email_from, self.firm.email)
        self._erase(self.john)
        self._assert_approached_as_before()

    def test_a_company_that_others_need_is_not_suppressed(self):
        self.john._link_client(self.firm)
        request = self._request(self.john)
        request.line_ids.filtered(lambda line: line.partner_id.id == self.firm.id).is_chosen = True
        self.assertIn("which you have not chosen or may not see: 1", request.stays)
        request.action_erase()
        self._assert_approached_as_before()
        self.assertTrue(self._lead(email_from=JOHN).is_suppressed)

    def test_a_contact_with_the_phone_of_its_company(self):
        worker = self.env["res.partner"].create(
            {"name": "John", "parent_id": self.firm.id, "email": JOHN, "phone": self.firm.phone}
        )
        self.john._link_client(worker)
        self._erase(self.john)
        self.assertFalse(worker.exists())
        self._assert_approached_as_before()
        self.assertTrue(self._lead(email_from=JOHN).is_suppressed)

    def test_a_company_that_goes_is_suppressed(self):
        self.john._link_client(self.firm)
        request = self._request(partner=self.firm)
        request.action_erase()
        self.assertFalse(self.firm.exists())
        self.assertTrue(self._lead(phone="+39 02 5550101").is_suppressed)

    def test_a_person_whom_others_need_is_suppressed(self):
        other = self._lead(contact_name="Marco", phone="+39 333 1112225")
        other._link_client(self.client)
        request = self._request(self.lead)
        request.line_ids.filtered(lambda line: line.lead_id.id == other.id).is_chosen = False
        request.action_erase()
        self.assertTrue(self.client.exists())
        self.assertTrue(self._lead(phone="+39 333 7654322").is_suppressed)
        self.assertTrue(self._lead(email_from=EMAIL).is_suppressed)

    # ------------------------------------------------------------
    # WHAT IS LEFT ON THE CLIENT
    # ------------------------------------------------------------

    def test_nothing_of_the_person_is_left_on_a_client_that_stays(self):
        firm = self.env["res.partner"].create(
            {"name": "Emptyfirm", "is_company": True, "user_id": self.user_all.id, "city": False}
        )
        lead = self._known_lead()
        lead.with_user(self.user_manager)._link_client(firm, notify=True)
        order = self.env["sale.order"].create({"partner_id": firm.id, "opportunity_id": lead.id, "origin": lead.name})
        self.env.cr.flush()  # what was tracked
        filled = firm.read(["email", "phone", "website", "street", "city"], load=None)[0]
        filled.pop("id")
        self.assertTrue(all(filled.values()), filled)
        self.assertIn("res_partner.email", self._find_secrets())
        request = self._request(self.lead)
        self.assertIn("but for what a link filled in there: 1", request.stays)
        request.action_erase()
        self.env.cr.flush()
        self.env.invalidate_all()
        self.assertTrue(lead.date_anonymised)
        self.assertEqual(self._find_secrets(), [])
        self.assertFalse(any(firm[name] for name in filled))
        self.assertEqual((order.state, order.origin), ("draft", lead.number))
        self.assertTrue(self._lead(email_from=EMAIL).is_suppressed, "as nobody else has it any more")

    def test_what_somebody_has_changed_since_stays(self):
        firm = self.env["res.partner"].create({"name": "Emptyfirm", "is_company": True})
        self.john._link_client(firm)
        self.env.cr.flush()
        firm.phone = "+39 02 5550102"
        self.env.cr.flush()
        self._erase(self.john)
        self.assertEqual((firm.email, firm.phone), (False, "+39 02 5550102"))
        tracked = firm.message_ids.sudo().tracking_value_ids.mapped("new_value_char")
        self.assertNotIn(JOHN, tracked)
        self.assertNotIn(JOHNS_PHONE, tracked)

    def test_a_company_that_was_made_from_the_lead_stays_whole(self):
        firm = self.john._make_client({"name": "Newfirm", "is_company": True, "email": JOHN})
        self._erase(self.john)
        self.assertEqual((firm.active, firm.email), (True, JOHN))
        self.assertFalse(self._lead(email_from=JOHN).is_suppressed, "it is the company's")

    def test_of_a_client_that_goes_nothing_is_said(self):
        self.assertNotIn("filled in", self._request(self.lead).stays)

    def test_the_first_call_names_the_number_alone(self):
        self.lead_type.plan_client_call = True
        lead = self._lead(name="Secretname asks", phone=JOHNS_PHONE)
        firm = lead._make_client({"name": "Newfirm", "is_company": True, "phone": JOHNS_PHONE})
        self.assertEqual(firm.activity_ids.summary, f"First call: {lead.number}")

    def test_the_notice_links_to_the_lead(self):
        self.firm.user_id = self.user_all
        self.john.name = "Secretname asks"
        self.john.with_user(self.user_manager)._link_client(self.firm, notify=True)
        notice = self.env["mail.message"].search([("subject", "=", "New inquiry of Bigfirm")])
        self.assertEqual(notice.notified_partner_ids, self.user_all.partner_id)
        self.assertIn(f'data-oe-model="crm.lead" data-oe-id="{self.john.id}">{self.john.number}</a>', notice.body)
        self.assertNotIn("Secretname", notice.body)

    def test_as_many_queries_for_many_leads_of_a_company(self):
        def count(number):
            leads = self.env["crm.lead"].create(
                [{"name": "Many", "email_from": f"many{number}@example.org", "user_id": False} for _ in range(number)]
            )
            leads._link_client(self.firm)
            request = self._request(leads[0])
            self.env.flush_all()
            self.env.invalidate_all()
            queries = self._count_queries(lambda: (request.action_erase(), self.env.flush_all()))
            self.assertTrue(all(leads.mapped("date_anonymised")))
            return queries

        few = count(3)
        self.assertLessEqual(count(60), few * 2)
