from ast import literal_eval

from lxml import etree
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .closing_common import ClosingCase

NAMES = ["contract_number", "contract_user_id", "contract_campaign_id", "contract_date"]


class TestContract(ClosingCase):
    """Contracts: their numbers, who sees them, and the paper."""

    def _orders(self, user, domain=()):
        return self.env["sale.order"].with_user(user).search([("contract_number", "!=", False), *domain])

    def _order(self, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Walk-in"}).id,
                "order_line": [Command.create(self._line())],
                **values,
            }
        )

    # ------------------------------------------------------------
    # THE NUMBER
    # ------------------------------------------------------------

    def test_numbers_follow_each_other(self):
        numbers = [int(self._close().order_id.contract_number[-5:]) for _time in range(3)]
        self.assertEqual(numbers, [*range(numbers[0], numbers[0] + 3)])

    def test_the_number_is_frozen(self):
        order = self._close().order_id
        before = order.read(NAMES)
        for user in (self.user_manager, self.user_admin):
            own = order.with_user(user).with_context(contract=True)
            for values in ({"contract_number": "X"}, {"contract_date": False}, {"contract_user_id": user.id}):
                with self.subTest(values=values), self.assertRaisesRegex(UserError, "stays as it is"):
                    own.write(values)
        with self.assertRaisesRegex(UserError, "stays as it is"):
            order.sudo().contract_campaign_id = False
        self.assertEqual(order.read(NAMES), before)

    def test_nobody_gives_a_number_to_a_new_order(self):
        orders = self.env["sale.order"].with_user(self.user_manager)
        values = {"partner_id": self.env["res.partner"].create({"name": "Walk-in"}).id}
        with self.assertRaisesRegex(UserError, "made by closing it"):
            orders.create({**values, "contract_number": "CTR/1"})
        with self.assertRaisesRegex(UserError, "made by closing it"):
            orders.with_context(default_contract_number="CTR/1").create(values)
        with self.assertRaisesRegex(UserError, "made by closing it"):
            orders.create({**values, "contract_number": ""})  # which a second one could not have
        result = orders.load(["partner_id/.id", "contract_number"], [[values["partner_id"], "CTR/1"]])
        self.assertFalse(result["ids"])

    def test_cancelling_and_resetting_keep_it_and_a_copy_has_none(self):
        order = self._close().order_id
        before = order.read(NAMES)
        self.assertFalse(any(order.copy()[name] for name in NAMES))
        order.action_cancel()
        with self.assertRaisesRegex(UserError, "Contracts are kept"):
            order.unlink()
        order.action_draft()
        self.assertEqual(order.read(NAMES), before)
        with self.assertRaisesRegex(UserError, "stays there"):
            order.company_id = self.other_company

    def test_a_number_is_there_once_in_its_company(self):
        self._close()
        self.company._get_contract_sequence().number_next_actual -= 1
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self._close()
            self.env.flush_all()

    def test_the_look_of_the_numbers_is_a_setting(self):
        settings = self.env["res.config.settings"].create({})
        settings.contract_number_template = "Sale-####"
        self.assertRegex(settings.contract_number_preview, r"^Sale-\d{4}$")
        preview = settings.contract_number_preview
        settings.execute()
        self.assertEqual(self._close().order_id.contract_number, preview)
        settings = settings.new({"contract_number_template": "no counter"})
        self.assertIn("needs one counter", settings.contract_number_error)
        with self.assertRaises(ValidationError):
            self.company.contract_number_template = "no counter"
        self.assertEqual(self.company._get_contract_sequence().implementation, "no_gap")

    def test_the_largest_discount_is_a_percentage(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.company.call_discount_max = 101
            self.env.flush_all()

    # ------------------------------------------------------------
    # WHO SEES THEM
    # ------------------------------------------------------------

    def test_who_sees_which_contracts(self):
        self._order()
        own = self._close().order_id
        rivals = self._close(user=self.rival).order_id
        mine = [("id", "in", (own + rivals).ids)]
        self.assertEqual(self._orders(self.operator), own)
        self.assertEqual(self._orders(self.rival), rivals)
        self.assertEqual(self._orders(self.coordinator, mine), own + rivals)
        self.assertEqual(self._orders(self.user_manager, mine), own + rivals)
        self.assertFalse(self._orders(self.operator_other_company))
        for user in (self.operator, self.coordinator):
            seen = self.env["sale.order"].with_user(user)
            with self.subTest(user=user.login):
                self.assertFalse(seen.search([("contract_number", "=", False)]), "no other orders")
                with self.assertRaises(AccessError):
                    own.with_user(user).write({"note": "x"})
                with self.assertRaises(AccessError):
                    seen.create({"partner_id": own.partner_id.id})
        with self.assertRaises(AccessError):
            rivals.with_user(self.operator).read(["contract_number"])
        with self.assertRaises(AccessError):
            rivals.order_line.with_user(self.operator).read(["name"])
        self.assertEqual(own.order_line.with_user(self.operator).mapped("price_unit"), [100])

    def test_a_coordinator_sees_contracts_of_own_companies_alone(self):
        order = self._close().order_id
        other = new_test_user(
            self.env,
            "call_coordinator_other",
            "crm_lead_lifecycle.group_call_coordinator",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertFalse(self._orders(other))
        with self.assertRaises(AccessError):
            order.with_user(other).read(["contract_number"])

    def test_who_reads_orders_by_another_right_goes_on_reading_them(self):
        """Accounting has no rule for orders: that of the operators would be its first one."""
        contract, other = self._close().order_id, self._order()
        both = contract + other
        groups = "account.group_account_invoice,crm_lead_lifecycle.group_call_operator"
        accountant = new_test_user(self.env, "call_accountant", groups, company_id=self.company.id)
        seen = self.env["sale.order"].with_user(accountant)
        self.assertEqual(seen.search([("id", "in", both.ids)]), both)
        self.assertEqual(both.order_line.with_user(accountant).mapped("price_unit"), [100, 100])
        both.with_user(accountant).write({"note": "Paid"})
        with self.assertRaises(AccessError):
            seen.create({"partner_id": other.partner_id.id})
        foreign = self._order(company_id=self.other_company.id, order_line=False)
        self.assertFalse(seen.search([("id", "=", foreign.id)]), "the rules of companies hold")
        self.operator.group_ids += self.env.ref("account.group_account_readonly")
        self.assertEqual(other.with_user(self.operator).name, other.name, "as soon as somebody is given that right")
        with self.assertRaises(AccessError):
            both.with_user(self.operator).write({"note": "x"})

    def test_who_sees_contracts_changes_no_more_orders_than_before(self):
        """Own documents are those of the salesperson, not those of whoever has closed or coordinates them."""
        order = self._close().order_id
        order.user_id = self.user_manager
        for group in ("operator", "coordinator"):
            user = new_test_user(
                self.env, f"call_own_{group}", f"sales_team.group_sale_salesman,crm_lead_lifecycle.group_call_{group}"
            )
            order._drawn().contract_user_id = user
            with self.subTest(group=group):
                self.assertEqual(order.with_user(user).order_line.price_unit, 100)
                for records, values in ((order, {"note": "x"}), (order.order_line, {"price_unit": 1})):
                    with self.assertRaises(AccessError):
                        records.with_user(user).write(values)
                with self.assertRaises(AccessError):
                    order.with_user(user).action_cancel()
                order.user_id = user
                order.with_user(user).write({"note": "mine"})
                order.user_id = self.user_manager

    def test_found_by_number_and_exported(self):
        own = self._close().order_id
        rivals = self._close(user=self.rival).order_id
        self.operator.group_ids += self.env.ref("base.group_allow_export")
        orders = self.env["sale.order"].with_user(self.operator)
        self.assertEqual([found[0] for found in orders.name_search(own.contract_number)], [own.id])
        self.assertFalse(orders.name_search(rivals.contract_number))
        fields = ["contract_number", "contract_user_id/name", "partner_id/name", "amount_total"]
        (row,) = orders.search([]).export_data(fields)["datas"]
        self.assertEqual((row[0], row[1], row[3]), (own.contract_number, self.operator.name, own.amount_total))

    def test_filters_by_day_are_the_users_days(self):
        filters = etree.fromstring(self.env.ref("crm_lead_lifecycle.sale_order_view_search_contract").arch)
        today, week = (
            literal_eval(filters.find(f".//filter[@name='{name}']").get("domain")) for name in ("today", "this_week")
        )
        order = self._close().order_id
        orders = self.env["sale.order"].with_user(self.operator)
        with self._at("2026-06-17 21:30:00"):  # half past eleven in Rome, a Wednesday
            order._drawn().contract_date = "2026-06-16 21:59:00"
            self.assertFalse(orders.search(today))
            self.assertTrue(orders.search(week))
            order._drawn().contract_date = "2026-06-16 22:01:00"
            self.assertTrue(orders.search(today))
            order._drawn().contract_date = "2026-06-13 21:59:00"  # a Saturday
            self.assertFalse(orders.search(week))

    # ------------------------------------------------------------
    # THE PAPER
    # ------------------------------------------------------------

    def _print(self, order, user):
        self.env.invalidate_all()  # what superusers have read does not help
        report = self.env["ir.actions.report"].with_user(user)
        html, _type = report._render_qweb_html("sale.action_report_saleorder", order.ids)
        return html.decode()

    def test_the_number_stands_on_the_paper_of_who_sees_the_contract(self):
        order = self._close().order_id
        for user in (self.operator, self.coordinator, self.user_manager):
            with self.subTest(user=user.login):
                paper = self._print(order, user)
                self.assertIn(order.contract_number, paper)
                self.assertIn("Test pitch", paper)
        self.assertNotIn("informations_contract", self._print(self._order(), self.user_manager))

    def test_nobody_prints_what_they_do_not_see(self):
        order, other = self._close().order_id, self._order()
        for orders, user in (
            (order, self.rival),
            (other, self.coordinator),
            (other, self.operator),
            (order + other, self.operator),
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._print(orders, user)

    def test_the_printed_report_is_bound_to_the_list(self):
        bindings = self.env["ir.actions.actions"].with_user(self.coordinator).get_bindings("sale.order")
        self.assertIn(self.env.ref("sale.action_report_saleorder").id, [action["id"] for action in bindings["report"]])
