from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.misc import formatLang

from .crm_call_wizard_line import PRICE_GROUP

PAGE, CATEGORIES = 20, 12
# what is chosen on the order itself, and changes its price
OPTIONS = Domain("attribute_id.create_variant", "=", "no_variant") & Domain("value_count", ">", 1)


class CrmCallWizard(models.TransientModel):
    """The sale in a call. Odoo itself computes the cart, as a quotation that is never saved. Operators have no rights
    on products, price lists or orders: their own dialog is what they may use, and it shows no more than they need."""

    _inherit = "crm.call.wizard"

    line_ids = fields.One2many("crm.call.wizard.line", "wizard_id", "Cart")

    def _with_sale(self):
        """This dialog as superuser, in the company of the call."""
        wizard = self.sudo()
        company = wizard.entry_id.company_id or wizard.lead_id.company_id or self.env.company
        return wizard.with_context(allowed_company_ids=company.ids, match_company_id=company.id)

    # ------------------------------------------------------------
    # FOR THE DIALOG
    # ------------------------------------------------------------

    def get_cart(self, cart):
        """What a cart comes to; nothing is saved.

        :param dict cart: ``lines`` with ``product_id``, ``quantity``, ``price_unit`` and ``discount`` (None: those of
            the price list); ``client_id`` or ``is_new_client`` as the operator has decided
        :return: dict that JSON can hold: ``lines`` with what Odoo computes and the ``problem`` of each, ``untaxed``,
            ``tax`` and ``total`` as texts, ``clients`` to decide about, ``may_change_price``
        :raise AccessError: for the dialog of somebody else
        """
        return self._open_sale(cart)._read_cart()

    def search_products(self, search="", category_id=False, offset=0, cart=None):
        """A page of the products that can be sold in this call, at the customer's prices.

        :param str search: in name, reference and barcode; every word has to be found
        :param int category_id: of a product.category, with those below it
        :param dict cart: as for :meth:`get_cart`: whose prices
        :return: dict ``products``, ``has_more``, and on the first page ``categories``
        """
        with self._reading():
            cart = {**(cart or {}), "lines": []}
            category_id, offset = int(category_id or 0), max(int(offset), 0)
        sale = self._open_sale(cart)
        domain = sale._get_product_domain()
        for word in str(search or "").split():
            domain &= Domain.OR(Domain(name, "ilike", word) for name in ("name", "default_code", "barcode"))
        categories = sale._read_categories(domain) if not offset else []
        if category_id:
            domain &= Domain("categ_id", "child_of", category_id)
        products = sale.env["product.product"].search(domain, offset=offset, limit=PAGE + 1)
        return {
            "products": sale._read_products(products[:PAGE]),
            "has_more": len(products) > PAGE,
            "categories": categories,
        }

    def _open_sale(self, cart):
        """This dialog with another cart, nowhere but in memory."""
        self.ensure_one()
        self.check_access("read")
        self._check_lead_access()
        sale = self._with_sale()
        with self._reading():
            client_id = int(cart.get("client_id") or 0)
            values = {
                "client_id": sale.env["res.partner"].browse(client_id or ()).exists().id,
                "is_new_client": bool(cart.get("is_new_client")),
                "line_ids": [Command.clear(), *map(Command.create, self._prepare_lines(cart.get("lines") or []))],
            }
        return sale.new(values, origin=sale)

    @contextmanager
    def _reading(self):
        """
        :raise UserError: for what no open cart asks
        """
        try:
            yield
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise UserError(self.env._("This cart can't be read. Load the page again.")) from error

    def _prepare_lines(self, lines):
        """Lines as the dialog has them: what is gone from the database is an empty product."""
        products = self.env["product.product"].sudo().browse({int(line["product_id"]) for line in lines}).exists()
        return [
            {
                "product_id": products.filtered(lambda product, line=line: product.id == int(line["product_id"])).id,
                "quantity": self._read_number(line.get("quantity") or 0),
                **{
                    name: self._read_number(line[name])
                    for name in ("price_unit", "discount")
                    if line.get(name) is not None
                },
            }
            for line in lines
        ]

    @api.model
    def _read_number(self, value):
        number = float(value)
        if not abs(number) < 1e15:  # infinite, or no number at all
            raise ValueError
        return number

    def _read_cart(self):
        listed = self._map_listed(self.line_ids)
        problems = self._map_problems(listed)
        order = self._new_order(line._prepare_order_line_values(listed[line]) for line in listed)
        computed = dict(zip(listed, order.order_line, strict=True))

        def money(amount):
            return formatLang(self.env, amount, currency_obj=order.currency_id)

        return {
            "lines": [
                {
                    "product_id": line.product_id.id,
                    "name": listed.get(line) and line._get_product_name(),
                    "unit": listed.get(line) and listed[line].product_uom_id.name,
                    "price_unit": line.price_unit,
                    "discount": line.discount,
                    "taxes": line in computed and ", ".join(computed[line].tax_ids.mapped("name")),
                    "subtotal": line in computed and money(computed[line].price_subtotal),
                    "total": line in computed and money(computed[line].price_total),
                    "problem": problems.get(line, ""),
                }
                for line in self.line_ids
            ],
            "untaxed": money(order.amount_untaxed),
            "tax": money(order.amount_tax),
            "total": money(order.amount_total),
            "clients": self._read_clients(),
            "may_change_price": self.env.user.has_group(PRICE_GROUP),
        }

    def _read_products(self, products):
        order = self._new_order({"product_id": product.id} for product in products)
        pictured = products.with_context(bin_size=True).filtered("image_128")
        visible = pictured.sudo(False)._filtered_access("read")
        return [
            {
                "id": product.id,
                "name": product.with_context(display_default_code=False).display_name,
                "reference": product.default_code,
                "price": formatLang(
                    self.env, line.price_unit * (1 - line.discount / 100), currency_obj=order.currency_id
                ),
                "taxes": ", ".join(line.tax_ids.mapped("name")),
                "image": product in visible and f"/web/image/product.product/{product.id}/image_128",
            }
            for product, line in zip(products, order.order_line, strict=True)
        ]

    def _read_categories(self, domain):
        """The categories with most of these products, by name."""
        groups = self.env["product.product"]._read_group(
            domain & Domain("categ_id", "!=", False), ["categ_id"], ["__count"], order="__count desc", limit=CATEGORIES
        )
        categories = [{"id": category.id, "name": category.name, "count": count} for category, count in groups]
        return sorted(categories, key=lambda category: category["name"])

    # ------------------------------------------------------------
    # THE ORDER
    # ------------------------------------------------------------

    def _get_product_domain(self):
        """What can be sold in a call: what an order takes without asking further."""
        return (
            Domain("active", "=", True)
            & Domain("sale_ok", "=", True)
            & Domain("type", "!=", "combo")
            & ~Domain("product_tmpl_id.attribute_line_ids", "any", OPTIONS)
            & (Domain("company_id", "=", False) | Domain("company_id", "parent_of", self.env.company.id))
        )

    def _map_listed(self, lines):
        """What the customer's price list makes of these lines.

        :return: ``{line: sale.order.line that is not saved}`` of the lines that can be sold
        """
        if not self:
            return {}
        sale = self._with_sale()
        saleable = lines.sudo().product_id.filtered_domain(sale._get_product_domain())
        lines = lines.filtered(lambda line: line.product_id and line.product_id in saleable)
        order = sale._new_order(line._prepare_order_line_values() for line in lines)
        return dict(zip(lines, order.order_line, strict=True))

    def _new_order(self, lines_values):
        """A quotation as Odoo computes it; nothing of it is saved."""
        values = {**self._prepare_order_values(), "partner_id": self._get_customer()}
        return self.env["sale.order"].new({**values, "order_line": [*map(Command.create, lines_values)]})

    def _prepare_order_values(self):
        """What Odoo's “New Quotation” of the lead fills in."""
        context = self.lead_id._prepare_opportunity_quotation_context()
        return {name.removeprefix("default_"): value for name, value in context.items()}

    def _create_order(self, client):
        """
        :param client: single res.partner
        :return: the quotation, to be confirmed
        """
        listed = self._map_listed(self.line_ids)
        lines = [
            {**line._prepare_order_line_values(listed[line]), "sequence": number}
            for number, line in enumerate(self.line_ids)
        ]
        order = self.env["sale.order"].create(
            {**self._prepare_order_values(), "partner_id": client.id, "order_line": [*map(Command.create, lines)]}
        )
        for line, order_line in zip(self.line_ids, order.order_line, strict=True):
            if line.notes:
                order_line.name = f"{order_line.name}\n{line.notes}"
        return order

    # ------------------------------------------------------------
    # THE OUTCOME
    # ------------------------------------------------------------

    def _check_closing(self):  # pylint: disable=missing-return
        super()._check_closing()
        sale = self._with_sale()
        if not sale.line_ids:
            raise UserError(self.env._("The cart is empty. Add a product, or choose another outcome."))
        problems = sale._map_problems(sale._map_listed(sale.line_ids))
        if problems:
            raise UserError("\n".join(problems.values()))
        sale._check_client()

    def _map_problems(self, listed):
        """
        :param dict listed: as :meth:`_map_listed` gives it
        :return: ``{line: sentence}`` of the lines that can't be sold as they are
        """
        problems = {
            line: line._get_value_problem(listed[line]) if line in listed else line._get_product_problem(number)
            for number, line in enumerate(self.line_ids, 1)
        }
        return {line: problem for line, problem in problems.items() if problem}

    def _fill(self, draft):  # pylint: disable=missing-return
        """The cart of a call that was taken back."""
        super()._fill(draft)
        for values in draft["lines"]:
            names = ("product_id", "quantity", "notes")
            line = self.line_ids.create({"wizard_id": self.id, **{name: values[name] for name in names}})
            line.write({name: values[name] for name in ("price_unit", "discount") if values[name] != line[name]})

    def get_details(self):
        lines = self.sudo().line_ids
        return {
            **super().get_details(),
            "cart": [
                {
                    "product_id": line.product_id.id,
                    "quantity": line.quantity,
                    "price_unit": line.price_unit if line.price_unit != line.list_price_unit else None,
                    "discount": line.discount if line.discount != line.list_discount else None,
                    "notes": line.notes or "",
                }
                for line in lines
            ],
        }
