from lxml import etree

from odoo.fields import Command
from odoo.tests import Form, new_test_user
from odoo.tools import SQL

from .common import TypeCase

PHONE = "+390565123456"


class OrderCase(TypeCase):
    """Orders of a camping in Italy. Repairs have no proposal stages; stays have, and wait for the order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.italy = cls.env.ref("base.it")
        cls.customer = cls._partner("Anna Rossi", phone="0565 123456")
        cls.stay = cls._lead_type(name="Stay")
        cls.asked_for, cls.drafted, cls.sent, cls.booked, cls.gold = cls._add_stages(
            cls.stay,
            ("Asked for", "open"),
            ("Drafted", "open"),
            ("Sent", "frozen"),
            ("Stay booked", "qualified"),
            ("Gold booked", "qualified"),
        )
        cls.stay.write({"proposal_draft_stage_id": cls.drafted.id, "proposal_sent_stage_id": cls.sent.id})

    @classmethod
    def _partner(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "country_id": cls.italy.id, **values})

    @classmethod
    def _order(cls, partner=None, user=None, **values):
        """An order of a partner (default: the customer) without lines, which Odoo lets anybody confirm."""
        user = user or cls.user_own
        values = {"partner_id": (partner or cls.customer).id, "user_id": user.id, **values}
        return cls.env["sale.order"].with_user(user).create(values)

    def assertFinds(self, order, leads):
        order.invalidate_recordset(["active_lead_ids"])
        self.assertEqual(order.active_lead_ids.ids, leads.sorted().ids)


class TestActiveLeads(OrderCase):
    """An order knows the open leads that have a phone of its customer."""

    def test_phones_in_other_writings(self):
        writings = ("0565 123456", "+39 0565 123456", "0039.0565.123456", "+39 (0565) 12-34-56", " 0565/123456 ")
        leads = self.env["crm.lead"].concat(
            *(self._lead(phone=phone, country_id=self.italy.id, name=phone) for phone in writings)
        )
        self.assertEqual(set(leads.mapped("phone_sanitized")), {PHONE})
        self._lead(phone="+39 0565 123457")
        self._lead(phone="our usual number")
        self._lead(phone=False)
        self.assertFinds(self._order(), leads)

    def test_customer_without_a_phone(self):
        self._lead(phone=False)
        self._lead(phone="   ")
        self.assertFinds(self._order(self._partner("No phone")), self.env["crm.lead"])
        self.assertFinds(self._order(self._partner("Absurd", phone="☎" * 300)), self.env["crm.lead"])

    def test_further_phones(self):
        lead = self._lead(phone="+39 333 8142907")
        order = self._order()
        self.assertFinds(order, lead.browse())
        self.customer.client_phone_ids = [Command.create({"phone": "333 814 2907", "label": "Mobile"})]
        self.assertFinds(order, lead)

    def test_company_and_its_contacts(self):
        company = self._partner("Rossi Campings", is_company=True, phone="0565 700001")
        boss = self._partner("Boss", parent_id=company.id, phone="0565 700002")
        clerk = self._partner("Clerk", parent_id=company.id)
        clerk.client_phone_ids = [Command.create({"phone": "0565 700003"})]
        former = self._partner("Former", parent_id=company.id, phone="0565 700004", active=False)
        leads = self.env["crm.lead"].concat(*(self._lead(phone=f"+39 0565 70000{number}") for number in (1, 2, 3)))
        lead_of_former = self._lead(phone="+39 0565 700004")
        self._lead(phone="+39 0565 700005")
        for partner in company + boss + clerk:
            with self.subTest(partner=partner.name):
                self.assertFinds(self._order(partner), leads)
        with self.subTest("an archived contact has left the company, unless it orders itself"):
            self.assertFinds(self._order(former), leads + lead_of_former)

    def test_only_open_leads(self):
        phone = {"phone": PHONE}
        pending = self._lead(**phone) + self._lead(self.stage_frozen, **phone) + self._lead(type="lead", **phone)
        removed = self._lead(**phone)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        lost_like_stock = self._lead(**phone)
        self._lose_by_sql(lost_like_stock)
        self._lead(self.stage_won, **phone)
        self._lead(self.stage_lost, **phone)
        self._lead(self.stage_abandoned, **phone)
        self._lead(active=False, probability=20, **phone)
        order = self._order()
        self.assertFinds(order, pending)
        self.assertFinds(order.with_context(active_test=False), pending)

    def test_without_the_lead_of_the_order_itself(self):
        leads = self._lead(phone=PHONE) + self._lead(phone=PHONE)
        order = self._order(opportunity_id=leads[0].id)
        self.assertFinds(order, leads[1])
        order.opportunity_id = False
        self.assertEqual(order.active_lead_ids, leads)

    def test_rights(self):
        leads = self.env["crm.lead"]
        own, free, others = (
            self._lead(phone=PHONE, user_id=user.id) for user in (self.user_own, leads.env["res.users"], self.user_all)
        )
        order = self._order()
        for user, seen in (
            (self.user_own, own + free),
            (self.user_all, own + free + others),
            (self.user_manager, own + free + others),
            (self.user_portal, leads),
            (self.user_public, leads),
        ):
            with self.subTest(user=user.login):
                self.assertFinds(order.with_user(user).sudo(), seen)
        with self.subTest("not without the right to see clients"):
            self.env.ref("sales_team.group_sale_salesman").implied_ids -= self.env.ref(
                "crm_lead_lifecycle.group_client_viewer"
            )
            self.assertFalse(self.user_own.has_group("crm_lead_lifecycle.group_client_viewer"))
            self.assertFinds(order.with_user(self.user_own), leads)
            self.assertFinds(order.with_user(self.user_own).sudo(), leads)
            self.assertEqual(order.with_user(self.user_own).read(["active_lead_ids"])[0]["active_lead_ids"], [])
            arch = self.env["sale.order"].with_user(self.user_own).get_view(view_type="form")["arch"]
            self.assertFalse(etree.fromstring(arch).xpath("//field[@name='active_lead_ids']"))

    def test_orders_are_read_by_those_who_read_no_leads(self):
        """All fields of them, and their form: by accountants, even if they see clients."""
        self._lead(phone=PHONE)
        order = self._order()
        groups = "base.group_user,account.group_account_invoice"
        for more in ("", ",crm_lead_lifecycle.group_client_viewer"):
            user = new_test_user(self.env, f"accountant{len(more)}", groups=groups + more)
            self.env.invalidate_all()
            order.with_user(user).check_access("read")
            self.assertNotIn("active_lead_ids", order.with_user(user).read()[0])
            arch = order.with_user(user).get_view(self.env.ref("sale.view_order_form").id, "form")["arch"]
            self.assertNotIn("active_lead_ids", arch)

    def test_two_companies(self):
        here, there, anywhere = (
            self._lead(phone=PHONE, user_id=False, team_id=False, company_id=company.id)
            for company in (self.company, self.other_company, self.env["res.company"])
        )
        self.assertEqual((here + there + anywhere).company_id, self.company + self.other_company)
        for company, seen in ((self.company, here + anywhere), (self.other_company, there + anywhere)):
            with self.subTest(company=company.name):
                managers = self.env["sale.order"].with_user(self.user_manager)
                managers = managers.with_context(allowed_company_ids=(company + self.user_manager.company_ids).ids)
                self.assertFinds(managers.create({"partner_id": self.customer.id, "company_id": company.id}), seen)
        with self.subTest("a company that the user has switched off"):
            order = self._order(user=self.user_other_company, company_id=self.other_company.id)
            self.assertFinds(order, there + anywhere)

    def test_phone_of_another_companys_contact_does_not_count(self):
        company = self._partner("Everywhere", is_company=True)
        self._partner("Elsewhere", parent_id=company.id, phone="0565 700009", company_id=self.other_company.id)
        lead = self._lead(phone="+39 0565 700009")
        self.assertFinds(self._order(company, self.user_all), lead.browse())

    def test_form_finds_them_when_the_customer_is_chosen(self):
        lead = self._lead(phone=PHONE)
        with Form(self.env["sale.order"].with_user(self.user_own)) as form:
            self.assertFalse(form.active_lead_ids.ids)
            form.partner_id = self._partner("Stranger", phone="0565 999999")
            self.assertFalse(form.active_lead_ids.ids)
            form.partner_id = self.customer
            self.assertEqual(form.active_lead_ids.ids, lead.ids)
        self.assertFalse(form.record.opportunity_id, "showing them links nothing")

    def test_constant_queries(self):
        def count(number):
            partners = self.env["res.partner"].concat(
                *(self._partner(f"Guest {index}", phone=f"0565 8{number:02}{index:03}") for index in range(number))
            )
            leads = self.env["crm.lead"].concat(*(self._lead(phone=partner.phone_sanitized) for partner in partners))
            orders = self.env["sale.order"].concat(*(self._order(partner) for partner in partners))
            self.env.flush_all()
            self.env.invalidate_all()
            orders = orders.with_user(self.user_own)
            orders.mapped("name")
            queries = self._count_queries(lambda: orders.mapped("active_lead_ids"))
            self.assertEqual(orders.active_lead_ids.sorted("id"), leads.sorted("id"))
            return queries

        count(1)
        few, many = count(2), count(30)
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, 7)

    def test_leads_are_found_by_the_index_of_their_phone(self):
        self.env.cr.execute(
            """
            INSERT INTO crm_lead (name, type, active, phone_sanitized, stage_id, stage_type, client_status)
            SELECT 'Caller ' || number, 'opportunity', true, '+39333' || number, %s, 'open', 'new'
              FROM generate_series(1000000, 1020000) AS number
            """,
            [self.stage_new.id],
        )
        self.env.cr.execute("ANALYZE crm_lead")
        orders = self.env["sale.order"].with_user(self.user_own)
        domain = orders._get_active_lead_domain({"+393331000001", "+393331000002"})
        query = orders.env["crm.lead"]._search(domain)
        plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
        self.assertIn("crm_lead__phone_sanitized_index", plan)
        self.assertNotIn("Seq Scan on crm_lead", plan)
