from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .privacy_common import PersonCase

# tables that say when and from where somebody logged in, or let them in
LOGIN_TABLES = ("res_device_log", "res_users_log", "res_users_apikeys", "mail_push_device")
IBAN = "IT60X0542811101000003337654321"


@tagged("post_install", "-at_install")
class TestPersonShell(PersonCase):
    """What is left of a contact that documents refer to: a row in the archive that tells nothing."""

    def test_where_an_erased_contact_lives(self):
        self._order()
        kept = self.env["res.partner"].create({"name": "Ottavia", "email": self.client.email})
        self._order(confirm=True, partner_id=kept.id)
        for partner in (self.client, kept):
            partner.write({"partner_latitude": 45.07, "partner_longitude": 7.69})
        self._erase(self.lead)
        self.assertEqual((self.client.name, kept.name), ("Erased contact", "Ottavia"))
        for partner in (self.client, kept):
            self.assertEqual((partner.partner_latitude, partner.partner_longitude), (0, 0))

    # ------------------------------------------------------------
    # LOGINS
    # ------------------------------------------------------------

    def _login(self, login, partner):
        """A portal user who has been here."""
        user = new_test_user(self.env, login, "base.group_portal", partner_id=partner.id, email=f"{login}@example.org")
        self.env["res.device.log"].sudo().create(
            {"session_identifier": login, "ip_address": "203.0.113.7", "city": "Hiddenplace", "user_id": user.id}
        )
        self.env["res.users.log"].with_user(user).sudo().create({})
        self.env["res.users.apikeys"].with_user(user)._generate(
            "rpc", "Ottavia's key", fields.Datetime.now() + timedelta(days=1)
        )
        self.env["mail.push.device"].sudo().create(
            {"partner_id": partner.id, "endpoint": f"https://push.example/{login}", "keys": "{}"}
        )
        return user

    def _count_logins(self, user):
        columns = ("user_id", "create_uid", "user_id", "partner_id")
        ids = (user.id, user.id, user.id, user.partner_id.id)
        self.env.flush_all()
        return [
            self.env.execute_query(
                SQL("SELECT count(*) FROM %s WHERE %s = %s", SQL.identifier(table), SQL.identifier(column), value)
            )[0][0]
            for table, column, value in zip(LOGIN_TABLES, columns, ids, strict=True)
        ]

    def test_when_and_from_where_they_logged_in(self):
        user = self._login("ottavia.login", self.client)
        other = self._login("other.login", self.env["res.partner"].create({"name": "Marco"}))
        self.assertEqual(self._count_logins(user), [1, 1, 1, 1])
        other_logins = self._count_logins(other)
        self._erase(partner=self.client)
        self.assertEqual(self._count_logins(user), [0, 0, 0, 0])
        self.assertEqual(self._count_logins(other), other_logins)
        self.assertEqual((user.active, user.login), (False, f"erased-{user.id}"))
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertEqual(self.env.cr.fetchone(), (None,))

    def test_nobody_writes_to_them_about_it(self):
        self._login("ottavia.login", self.client)
        with patch.object(self.env.registry["mail.mail"], "send", autospec=True) as sent:
            self._erase(partner=self.client)
        sent.assert_not_called()
        self.assertEqual(self._find_secrets(), [])

    # ------------------------------------------------------------
    # BANK ACCOUNTS
    # ------------------------------------------------------------

    def _account(self, partner, **values):
        return self.env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": IBAN, **values})

    def test_bank_accounts_of_a_contact_that_only_a_row_is_left_of(self):
        self._order()
        accounts = self._account(self.client, note="Ottavia's") + self._account(
            self.client, acc_number=f"{IBAN}2", active=False
        )
        self.env.cr.flush()
        self._erase(self.lead)
        self.assertEqual(self.client.name, "Erased contact")
        self.assertFalse(any(accounts.mapped("active")))
        self.assertEqual(self._find_secrets(), [])

    def test_bank_accounts_of_a_contact_that_is_deleted(self):
        account = self._account(self.client)
        self.env.cr.flush()
        self._erase(self.lead)
        self.assertFalse(self.client.exists() or account.exists())
        self.assertEqual(self._find_secrets(), [])

    def test_bank_accounts_that_the_law_asks_to_keep_are_said(self):
        account = self._account(self.client)
        self._order(confirm=True)
        request = self._request(self.lead)
        self.assertIn("Name, address and bank accounts of contacts", request.stays)
        request.action_erase()
        self.assertEqual((account.acc_number, account.active), (IBAN, True))

    def test_what_is_written_on_invoices_is_said(self):
        self.env["account.move"].create({"move_type": "entry", "partner_id": self.client.id})
        self.assertIn("Invoices and bills with their messages", self._request(self.lead).stays)
