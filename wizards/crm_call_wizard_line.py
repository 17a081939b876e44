from math import isfinite

from odoo import api, fields, models
from odoo.tools.misc import formatLang

# more than that is a slip, such as a barcode read into the quantity
LARGEST = 1e12
PRICE_GROUP = "crm_lead_lifecycle.group_call_price"


class CrmCallWizardLine(models.TransientModel):
    """A product in the cart of a call that is going on."""

    _name = "crm.call.wizard.line"
    _description = "Product in a Call"
    _transient_max_hours = 24
    _order = "id"

    wizard_id = fields.Many2one("crm.call.wizard", required=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", "Product", required=True, ondelete="cascade")
    quantity = fields.Float(default=1, digits="Product Unit")
    price_unit = fields.Float(
        "Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        min_display_digits="Product Price",
        help="The customer's price list says it until somebody gives another one.",
    )
    discount = fields.Float("Discount (%)", digits="Discount", compute="_compute_discount", store=True, readonly=False)
    notes = fields.Char(help="Stands below the product on the order.")
    # of the price list when it was asked the last time: what differs was given by somebody
    list_price_unit = fields.Float(export_string_translation=False)
    list_discount = fields.Float(export_string_translation=False)

    @api.depends("product_id", "quantity", "wizard_id.lead_id", "wizard_id.client_id")
    def _compute_price_unit(self):
        self._take_from_price_list("price_unit")

    @api.depends("product_id", "quantity", "wizard_id.lead_id", "wizard_id.client_id")
    def _compute_discount(self):
        self._take_from_price_list("discount")

    def _take_from_price_list(self, name):
        for wizard, lines in self.grouped("wizard_id").items():
            listed = wizard._map_listed(lines)
            for line in lines:
                value = listed[line][name] if line in listed else 0
                line[name] = value if line[name] == line[f"list_{name}"] else line[name]
                line[f"list_{name}"] = value

    def _prepare_order_line_values(self, listed=None):
        """
        :param listed: the sale.order.line that the price list makes of this one; without it the price list is asked
        :return: values of a sale.order.line
        """
        values = {"product_id": self.product_id.id, "product_uom_qty": self.quantity}
        if listed is not None:
            # what is not given stays with the price list, as on any quotation
            values.update({name: self[name] for name in ("price_unit", "discount") if self[name] != listed[name]})
        return values

    def _get_product_name(self):
        """As people call it, without its reference."""
        return self.product_id.with_context(display_default_code=False).display_name

    # ------------------------------------------------------------
    # WHAT IS REFUSED
    # ------------------------------------------------------------

    def _get_product_problem(self, number):
        """Why this product, which is none of those for sale, can't be sold here, as a sentence.

        :param int number: of this line in the cart
        """
        product = self.product_id
        if not product:
            return self.env._("Product %(number)s of the cart is gone. Remove it.", number=number)
        if product.company_id and product.company_id not in self.env.company.parent_ids:
            return self.env._("Product %(number)s of the cart is another company's. Remove it.", number=number)
        if not product.active:
            return self.env._("“%(product)s” is archived. Remove it from the cart.", product=self._get_product_name())
        return self.env._(
            "“%(product)s” is not for sale in a call. Remove it from the cart.", product=self._get_product_name()
        )

    def _get_value_problem(self, listed):
        """Why this quantity, price or discount is refused, as a sentence; empty if all is well.

        :param listed: the sale.order.line that the price list makes of this one
        """
        name = self._get_product_name()
        if not self.quantity > 0:
            return self.env._(
                "“%(product)s”: the quantity has to be more than 0. Correct it, or remove the product.", product=name
            )
        if not (isfinite(self.price_unit) and self.price_unit >= 0):
            return self.env._("“%(product)s”: the price can't be below 0. Correct it.", product=name)
        if not 0 <= self.discount <= 100:
            return self.env._("“%(product)s”: the discount has to be between 0 and 100 %%.", product=name)
        if max(self.quantity, self.price_unit, self.quantity * self.price_unit) > LARGEST:
            return self.env._("“%(product)s”: that is too much for one line. Correct quantity and price.", product=name)
        if self.env.user.has_group(PRICE_GROUP):
            return ""
        currency = listed.order_id.currency_id
        # not price by price: what is rounded away of a cheap product counts if there is much of it
        if currency.compare_amounts(self.price_unit * self.quantity, listed.price_unit * self.quantity) < 0:
            return self.env._(
                "“%(product)s” can't be sold below %(price)s. Raise the price, or ask a coordinator.",
                product=name,
                price=formatLang(self.env, listed.price_unit, currency_obj=currency),
            )
        largest = max(self.env.company.call_discount_max, listed.discount)
        if self.discount > largest:
            return self.env._(
                "“%(product)s”: the largest discount is %(percent)s %%, which makes %(price)s. Lower it, or ask a "
                "coordinator.",
                product=name,
                percent=formatLang(self.env, largest, digits=2),
                price=formatLang(self.env, listed.price_unit * (1 - largest / 100), currency_obj=currency),
            )
        return ""
