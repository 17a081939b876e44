from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from . import test_call_race

NAME = "Race for contract numbers"
Race = test_call_race.TestCallRace


@tagged("post_install", "-at_install")
class TestCallClosingRace(TransactionCase):
    """Two operators who close at the same moment, each with a connection of their own; what they commit goes."""

    _connection, _request, _retry = Race._connection, Race._request, Race._retry
    assertWaits, assertMustRetry = Race.assertWaits, Race.assertMustRetry

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            product = env["product.product"].create({"name": NAME, "type": "service", "list_price": 10})
            self.dialogs = []
            for number in range(2):
                login = f"closing_race_{number}"
                user = new_test_user(env, login, "crm_lead_lifecycle.group_call_operator")
                lead = env["crm.lead"].create(
                    {
                        "name": NAME,
                        "contact_name": f"{NAME} {number}",
                        "phone": f"+39 333 66{number:05}",
                        "user_id": user.id,
                    }
                )
                dialog = env["crm.call.wizard"].with_user(user).create(
                    {
                        "lead_id": lead.id,
                        "outcome_id": env.ref("crm_lead_lifecycle.crm_call_outcome_sale").id,
                        "line_ids": [Command.create({"product_id": product.id})],
                    }
                )  # fmt: skip
                self.dialogs.append((user.id, dialog.id))
            env.cr.commit()

    def _clean_up(self):
        with self._connection() as env:
            leads = env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)])
            orders = leads.order_ids
            orders.action_cancel()
            leads.call_ids._confirmed().unlink()
            partners = leads.partner_id
            orders._drawn().unlink()
            leads.unlink()
            partners.unlink()
            env["product.product"].search([("name", "=", NAME)]).product_tmpl_id.unlink()
            users = env["res.users"].search([("login", "=like", "closing_race__")])
            partners = users.partner_id
            users.unlink()
            partners.unlink()
            env.cr.commit()

    def _close_at_once(self, env):
        """Both dialogs are confirmed at the same moment.

        :param env: in which to look at what has come of it
        :return: the orders
        """

        def confirm(env):
            dialog = next(dialog for user, dialog in self.dialogs if user == env.uid)
            env["crm.call.wizard"].browse(dialog).action_confirm()

        one, other = (user for user, _dialog in self.dialogs)
        with self._request(one) as first, self._request(other) as second:
            confirm(first)
            first.flush_all()
            self.assertWaits(second, confirm)
            first.cr.commit()
            self.assertMustRetry(second, confirm)
            confirm(second)
            second.cr.commit()
        return env["sale.order"].search([("contract_user_id", "in", (one, other))])

    def test_two_contracts_at_once_get_two_numbers(self):
        with self._connection() as env:
            orders = self._close_at_once(env)
            first, second = sorted(int(number[-5:]) for number in orders.mapped("contract_number"))
            self.assertEqual(second, first + 1, "no gap")
            self.assertEqual(len(orders.partner_id), 2)

    def test_two_contracts_of_the_same_new_client_make_one(self):
        with self._connection() as env:
            dialogs = env["crm.call.wizard"].browse(dialog for _user, dialog in self.dialogs)
            dialogs.lead_id.write({"contact_name": NAME, "phone": "+39 333 6699999"})
            dialogs.is_new_client = True
            env.cr.commit()
            orders = self._close_at_once(env)
            self.assertEqual((len(orders), len(orders.partner_id)), (2, 1))
            self.assertEqual(orders.opportunity_id.partner_id, orders.partner_id)

    def test_a_contract_that_fails_burns_no_number(self):
        (one, first), (other, second) = self.dialogs
        with self._request(one) as env:
            number = env.company._get_contract_sequence().number_next_actual
            env["crm.call.wizard"].browse(first).action_confirm()
            env.flush_all()
            env.cr.rollback()
        with self._request(other) as env:
            env["crm.call.wizard"].browse(second).action_confirm()
            env.cr.commit()
        with self._connection() as env:
            self.assertFalse(env["sale.order"].search([("contract_user_id", "=", one)]))
            order = env["sale.order"].search([("contract_user_id", "=", other)])
            self.assertEqual(int(order.contract_number[-5:]), number)
