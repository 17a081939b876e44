from odoo import api, fields, models
from odoo.exceptions import UserError

# an object, not a flag: no client can send it in a context
DRAWN = object()
CONTRACT_FIELDS = ("contract_number", "contract_user_id", "contract_campaign_id", "contract_date")


class SaleOrder(models.Model):
    """Contracts: orders that were closed in a call. Their number, and by whom, when and for which campaign they were
    made, are drawn by the call and never change; whatever becomes of the order, it keeps them."""

    _inherit = "sale.order"

    contract_number = fields.Char(
        "Contract", readonly=True, copy=False, help="Given when an order is closed in a call; unique in its company."
    )
    contract_user_id = fields.Many2one(
        "res.users", "Contract Closed By", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    contract_campaign_id = fields.Many2one(
        "crm.call.campaign", "Call Campaign", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    contract_date = fields.Datetime(readonly=True, copy=False, index="btree_not_null")

    _contract_number_uniq = models.UniqueIndex(
        "(company_id, contract_number) WHERE contract_number IS NOT NULL",
        "The next contract number is taken. Ask an administrator to raise the next number of the contracts.",
    )

    @property
    def _rec_names_search(self):
        return [*super()._rec_names_search, "contract_number"]

    # ------------------------------------------------------------
    # CRUD: drawn by the call alone
    # ------------------------------------------------------------

    def _drawn(self):
        return self.with_context(contract=DRAWN)

    def _is_drawn(self):
        return self.env.context.get("contract") is DRAWN

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_drawn():
            given = [*vals_list, self.default_get(CONTRACT_FIELDS)]
            # an empty text would be a number, too
            if any(vals.get(name) not in (None, False) for vals in given for name in CONTRACT_FIELDS):
                self._refuse_contract_change()
        return super().create(vals_list)

    def write(self, vals):
        if not self._is_drawn():
            if not vals.keys().isdisjoint(CONTRACT_FIELDS):
                self._refuse_contract_change()
            if "company_id" in vals:
                self._check_contract_company(vals["company_id"])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_contract(self):
        contracts = self.filtered("contract_number")
        if contracts and not self._is_drawn():
            raise UserError(
                self.env._(
                    "Contracts are kept, cancelled ones too: %(contracts)s",
                    contracts=", ".join(contracts.mapped("contract_number")),
                )
            )

    def _refuse_contract_change(self):
        raise UserError(
            self.env._("A contract is made by closing it in a call. What it says about that stays as it is.")
        )

    def _check_contract_company(self, company_id):
        moved = self.filtered(lambda order: order.contract_number and order.company_id.id != company_id)
        if moved:
            raise UserError(
                self.env._(
                    "%(contract)s is a contract of %(company)s and stays there.",
                    contract=moved[0].contract_number,
                    company=moved[0].company_id.name,
                )
            )

    def _draw_contract(self, user_id, campaign_id, date):
        """Make a contract of this confirmed order: draw the next number of its company.

        :param int user_id: who closed it
        :param campaign_id: of the crm.call.campaign it was closed for, or False
        :param date: datetime in UTC
        """
        self.ensure_one()
        (number,) = self.company_id._get_contract_sequence()._next_batch(1)
        self._drawn().write(
            {
                "contract_number": number,
                "contract_user_id": user_id,
                "contract_campaign_id": campaign_id,
                "contract_date": date,
            }
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_order(self):
        """The order of a contract, as those in sales know it."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Order"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("sale.view_order_form").id, "form")],
        }
