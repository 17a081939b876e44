from odoo.fields import Command

from .call_common import CallCase

PRICE_LISTS = "product.group_product_pricelist"


class ClosingCase(CallCase):
    """Two products with a tax of 10 %, and a price list of a client who pays less."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref(PRICE_LISTS)
        cls.env.ref("base.group_user").implied_ids += cls.env.ref(PRICE_LISTS)
        tax_group = cls.env["account.tax.group"].create({"name": "VAT", "company_id": cls.company.id})
        country = cls.company.account_fiscal_country_id or cls.env.ref("base.it")
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "VAT 10",
                "amount": 10,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
                "company_id": cls.company.id,
                "country_id": country.id,
                "tax_group_id": tax_group.id,
            }
        )
        cls.category = cls.env["product.category"].create({"name": "Test stays"})
        cls.pitch = cls._product("Test pitch", 100, default_code="TP-1", barcode="4006381333931")
        cls.bikes = cls._product("Test bikes", 20)
        cls.foreign = cls._product("Test secret", 5, company_id=cls.other_company.id, taxes_id=False)
        cls.env["product.pricelist"].create({"name": "Everybody", "sequence": 0, "company_id": False})
        cls.price_list = cls.env["product.pricelist"].create(
            {
                "name": "Friends",
                "sequence": 999,
                "company_id": False,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": cls.pitch.id,
                            "compute_price": "fixed",
                            "fixed_price": 80,
                        }
                    )
                ],
            }
        )

    @classmethod
    def _product(cls, name, price, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "categ_id": cls.category.id,
                "taxes_id": [Command.set(cls.tax.ids)],
                **values,
            }
        )

    def _line(self, product=None, **values):
        return {"product_id": (product or self.pitch).id, **values}

    def _sale_dialog(self, *lines, user=None, entry=None, **values):
        """An open call with a cart, whose outcome is a sale."""
        entry = entry or self._claim(user)
        lines = lines or (self._line(),)
        values = {"outcome_id": self.sale.id, "line_ids": [*map(Command.create, lines)], **values}
        return self._dialog(entry, user, **values)

    def _close(self, *lines, **values):
        """
        :return: the crm.call that was confirmed
        """
        dialog = self._sale_dialog(*lines, **values)
        entry = dialog.sudo().entry_id
        dialog.action_confirm()
        return entry.call_ids[:1]

    def _all_counts(self):
        """All that a sale may leave behind, the next number too."""
        sequence = self.company._get_contract_sequence()
        sequence.invalidate_recordset()
        partners = self.env["res.partner"].with_context(active_test=False).search_count([])
        return {**self._counts(), "res.partner": partners, "number": sequence.number_next_actual}
