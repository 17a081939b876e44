from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .closing_common import ClosingCase


class TestCallCart(ClosingCase):
    """The cart of a call: what the dialog shows, at which prices, and to whom."""

    def _cart(self, *lines, dialog=None, **values):
        dialog = dialog or self._dialog(self._claim(), outcome_id=self.sale.id)
        return dialog.get_cart({"lines": [*lines], **values})

    def _sees(self, page):
        return [product["name"] for product in page["products"]]

    def assertAmounts(self, cart, *amounts):
        for name, amount in zip(("untaxed", "tax", "total"), amounts, strict=True):
            self.assertIn(amount, cart[name])

    # ------------------------------------------------------------
    # PRICES
    # ------------------------------------------------------------

    def test_a_product_alone_is_one_at_its_price(self):
        dialog = self._sale_dialog()
        line = dialog.line_ids
        self.assertEqual((line.quantity, line.price_unit, line.discount), (1, 100, 0))

    def test_the_cart_is_what_an_order_computes(self):
        cart = self._cart(self._line(quantity=2), self._line(self.bikes, quantity=3, price_unit=25))
        self.assertAmounts(cart, "275.00", "27.50", "302.50")
        self.assertEqual([line["price_unit"] for line in cart["lines"]], [100, 25])
        self.assertEqual(cart["lines"][0]["taxes"], "VAT 10")
        self.assertIn("220.00", cart["lines"][0]["total"])
        self.assertFalse(any(line["problem"] for line in cart["lines"]))

    def test_a_cart_is_nowhere_but_in_the_dialog(self):
        dialog = self._dialog(self._claim(), outcome_id=self.sale.id)
        before = self._all_counts()
        dialog.get_cart({"lines": [self._line(quantity=2)], "is_new_client": True})
        dialog.search_products()
        self.assertEqual(self._all_counts(), before)

    def test_prices_are_those_of_the_customers_price_list(self):
        client = self.env["res.partner"].create({"name": "Friend", "property_product_pricelist": self.price_list.id})
        entry = self._claim()
        entry.lead_id.partner_id = client
        dialog = self._sale_dialog(entry=entry)
        self.assertEqual(dialog.line_ids.price_unit, 80)
        self.assertAmounts(self._cart(self._line(quantity=1), dialog=dialog), "80.00", "8.00", "88.00")
        (product,) = dialog.search_products("TP-1")["products"]
        self.assertIn("80.00", product["price"])

    def test_a_new_client_pays_as_its_country_does(self):
        group = self.env["res.country.group"].create(
            {"name": "P", "country_ids": [(6, 0, self.env.ref("base.pl").ids)]}
        )
        self.price_list.country_group_ids = group
        entry = self._claim()
        entry.lead_id.write({"contact_name": "Jan Test", "country_id": self.env.ref("base.pl").id})
        call = self._close(self._line(), entry=entry)
        self.assertEqual((call.order_id.pricelist_id, call.order_id.order_line.price_unit), (self.price_list, 80))

    def test_a_quantity_may_change_the_price_and_what_was_given_stays(self):
        self.price_list.item_ids.write({"min_quantity": 5})
        client = self.env["res.partner"].create({"name": "Friend", "property_product_pricelist": self.price_list.id})
        entry = self._claim()
        entry.lead_id.partner_id = client
        line = self._sale_dialog(entry=entry).line_ids
        line.quantity = 5
        self.assertEqual(line.price_unit, 80)
        line.price_unit = 90
        line.quantity = 6
        self.assertEqual(line.price_unit, 90)

    def test_the_form_fills_in_the_price(self):
        dialog = self._dialog(self._claim(), outcome_id=self.sale.id)
        view = self.env["ir.ui.view"].create(
            {
                "name": "cart",
                "model": "crm.call.wizard",
                "priority": 99,
                "arch": """<form><field name="line_ids"><list editable="bottom"><field name="product_id"/>
                    <field name="quantity"/><field name="price_unit"/><field name="list_price_unit"/>
                    <field name="discount"/><field name="list_discount"/></list></field></form>""",
            }
        )
        with Form(dialog, view=view.id) as form, form.line_ids.new() as line:
            line.product_id = self.bikes
            self.assertEqual(line.price_unit, 20)
            line.price_unit = 30
            line.quantity = 2
            self.assertEqual(line.price_unit, 30)

    def test_a_cart_that_is_no_cart_is_refused_in_words(self):
        dialog = self._dialog(self._claim(), outcome_id=self.sale.id)
        nonsense = (
            None,
            {"lines": [{}]},
            {"lines": [{"product_id": "x"}]},
            {"lines": [self._line(quantity="two")]},
            {"lines": [self._line(quantity=float("nan"))]},
            {"lines": [], "client_id": "x"},
        )
        for cart in nonsense:
            with self.subTest(cart=cart), self.assertRaisesRegex(UserError, "can't be read"):
                dialog.get_cart(cart)

    def test_what_no_cart_asks_for_is_refused_in_words(self):
        dialog = self._dialog(self._claim(), outcome_id=self.sale.id)
        infinite = float("inf")
        for cart in (
            {"lines": [{"product_id": infinite}]},
            {"lines": [self._line(quantity=1e308)]},
            {"client_id": infinite},
        ):
            with self.subTest(cart=cart), self.assertRaisesRegex(UserError, "can't be read"):
                dialog.get_cart(cart)
        for values in ({"cart": [1]}, {"category_id": "x"}, {"offset": "x"}, {"offset": infinite}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "can't be read"):
                dialog.search_products(**values)

    def test_a_product_that_is_gone_is_named_by_its_place(self):
        cart = self._cart(self._line(quantity=1), {"product_id": 2**31 - 1, "quantity": 1})
        self.assertEqual([bool(line["problem"]) for line in cart["lines"]], [False, True])
        self.assertIn("Product 2 of the cart is gone", cart["lines"][1]["problem"])
        self.assertAmounts(cart, "100.00", "10.00", "110.00")

    # ------------------------------------------------------------
    # PRODUCTS
    # ------------------------------------------------------------

    def test_products_are_found_by_name_reference_and_barcode(self):
        dialog = self._dialog(self._claim())
        for words in ("test pitch", "PITCH test", "tp-1", "4006381333931"):
            with self.subTest(words=words):
                self.assertEqual(self._sees(dialog.search_products(words)), ["Test pitch"])
        self.assertFalse(dialog.search_products("no such product at all")["products"])

    def test_only_what_is_for_sale_in_the_company_is_shown(self):
        self._product("Test archived", 1, active=False)
        self._product("Test unsaleable", 1, sale_ok=False)
        dialog = self._dialog(self._claim())
        self.assertEqual(sorted(self._sees(dialog.search_products("Test"))), ["Test bikes", "Test pitch", "Test stay"])

    def test_what_has_to_be_configured_is_not_sold_in_a_call(self):
        """Odoo asks for options that make no variant on the order; unasked they would be given away."""
        power = self.env["product.attribute"].create(
            {
                "name": "Power",
                "create_variant": "no_variant",
                "value_ids": [Command.create({"name": name}) for name in ("6 A", "16 A")],
            }
        )

        def product(name, values):
            line = Command.create({"attribute_id": power.id, "value_ids": [Command.set(values.ids)]})
            template = self.env["product.template"].create({"name": name, "attribute_line_ids": [line]})
            return template.product_variant_id

        chosen, fixed = product("Test chosen", power.value_ids), product("Test fixed", power.value_ids[0])
        dialog = self._dialog(self._claim(), outcome_id=self.sale.id)
        self.assertFalse(dialog.search_products("Test chosen")["products"])
        self.assertEqual(self._sees(dialog.search_products("Test fixed")), ["Test fixed"])
        cart = self._cart(self._line(chosen, quantity=1), self._line(fixed, quantity=1), dialog=dialog)
        self.assertIn("“Test chosen” is not for sale in a call", cart["lines"][0]["problem"])
        self.assertFalse(cart["lines"][1]["problem"])

    def test_categories_and_pages(self):
        other = self.env["product.category"].create({"name": "Test other", "parent_id": self.category.id})
        for number in range(25):
            self._product(f"Testpage {number:02}", 1, categ_id=other.id)
        dialog = self._dialog(self._claim())
        first = dialog.search_products("Testpage", category_id=self.category.id)
        self.assertEqual((len(first["products"]), first["has_more"]), (20, True))
        self.assertEqual([(found["name"], found["count"]) for found in first["categories"]], [("Test other", 25)])
        second = dialog.search_products("Testpage", category_id=other.id, offset=20)
        self.assertEqual((len(second["products"]), second["has_more"], second["categories"]), (5, False, []))
        self.assertEqual(len({product["id"] for product in first["products"] + second["products"]}), 25)

    def test_a_page_of_products_asks_the_price_list_once_a_product(self):
        dialog = self._dialog(self._claim())
        self._product("Testpage 0", 1)
        dialog.search_products("Testpage")  # caches
        self.env.invalidate_all()
        few = self._count_queries(lambda: dialog.search_products("Testpage"))
        for number in range(1, 15):
            self._product(f"Testpage {number}", 1)
        self.env.invalidate_all()
        many = self._count_queries(lambda: dialog.search_products("Testpage"))
        self.assertLessEqual(many, few + 2 * 14)

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_nobody_looks_into_the_cart_of_somebody_else(self):
        dialog = self._sale_dialog()
        for user in (self.rival, self.coordinator, self.user_own):
            foreign = dialog.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    foreign.get_cart({"lines": []})
                with self.assertRaises(AccessError):
                    foreign.search_products()
                with self.assertRaises(AccessError):
                    dialog.line_ids.with_user(user).read(["price_unit"])

    def test_products_of_another_company_tell_nothing(self):
        dialog = self._sale_dialog()
        cart = self._cart(self._line(self.foreign, quantity=1), dialog=dialog)
        (line,) = cart["lines"]
        self.assertIn("another company's", line["problem"])
        self.assertNotIn("secret", str(cart))
        self.assertFalse(line["price_unit"])
        line = dialog.line_ids.create({"wizard_id": dialog.id, "product_id": self.foreign.id})
        self.assertEqual(line.price_unit, 0)

    def test_the_company_of_the_call_counts_not_the_one_that_is_switched_on(self):
        self.operator.company_ids += self.other_company
        lead = self._lead(user_id=False, company_id=self.other_company.id, phone="+39 333 8888888")
        campaign = self._campaign(lead, company_id=self.other_company.id, user_ids=False)
        dialog = self._dialog(self._claim(campaign=campaign), outcome_id=self.sale.id)
        dialog = dialog.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(self._sees(dialog.search_products("Test secret")), ["Test secret"])

    def test_who_may_not_see_clients_learns_no_more_than_it_takes_to_decide(self):
        client = self.env["res.partner"].create(
            {"name": "Marco Rossi", "phone": "+39 333 1234000", "email": "private@example.com", "city": "Turin"}
        )
        entry = self.entries[0]
        entry.lead_id.contact_name = "Lucia Rossi"
        entry.write(entry._prepare_claim_values(self.operator))
        dialog = self._dialog(entry, outcome_id=self.sale.id)
        clients = self._cart(self._line(quantity=1), dialog=dialog)["clients"]
        (candidate,) = clients["candidates"]
        self.assertEqual(candidate.keys(), {"id", "name", "city", "reasons"})
        self.assertEqual((candidate["id"], candidate["city"]), (client.id, "Turin"))
        self.assertNotIn("private@example.com", str(clients))
        with self.assertRaises(AccessError):
            dialog.read(["client_candidates"])

    def test_a_sure_client_is_named_to_who_may_see_clients_alone(self):
        self.env["res.partner"].create({"name": "Marco Rossi", "phone": "+39 333 1234000"})
        viewer = new_test_user(
            self.env,
            "call_viewer",
            "crm_lead_lifecycle.group_call_operator,crm_lead_lifecycle.group_client_viewer",
            company_id=self.company.id,
        )
        self.leads[0].contact_name = "Marco Rossi"
        for user, name in ((self.operator, False), (viewer, "Marco Rossi")):
            self.entries[0].write(self.entries[0]._prepare_claim_values(user))
            dialog = self._dialog(self.entries[0], user, outcome_id=self.sale.id)
            with self.subTest(user=user.login):
                clients = self._cart(self._line(quantity=1), dialog=dialog)["clients"]
                self.assertEqual(clients, {"name": name, "candidates": []})
