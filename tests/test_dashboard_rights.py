import json

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, JsonRpcException, new_test_user
from odoo.tools import mute_logger

from .test_dashboard import MIDNIGHT, NOW, DashboardCase


class TestDashboardRights(DashboardCase):
    """Everybody gets the figures of the leads that they see."""

    def _came(self, **options):
        return self._dashboard(**options)["flows"]["came"]["count"]

    def test_own_documents_only(self):
        for user in (self.user_own, self.user_all, self.env["res.users"]):
            self._answered(10, user_id=user.id)
        self.assertEqual(self._came(user=self.user_own), 2, "the own leads and those of nobody")
        self.assertEqual(list(self._rows("user_id", user=self.user_own)), [self.user_own.name, False])
        for user in (self.user_all, self.user_manager):
            self.assertEqual(self._came(user=user), 3)

    def test_companies_are_apart(self):
        team = self.env["crm.team"].create({"name": "Both", "company_id": False})
        self._at_work(team_id=team.id, company_id=self.company.id)
        self._at_work(team_id=team.id, company_id=self.other_company.id, user_id=self.user_manager.id)
        both = self.company + self.other_company
        for companies, count in ((self.company, 1), (self.other_company, 1), (both, 2)):
            self.assertEqual(self._came(team=team.id, companies=companies), count)
        self.assertEqual(self._came(team=team.id, user=self.user_other_company, companies=self.other_company), 1)

    def test_days_are_those_of_the_first_company(self):
        self.other_company.resource_calendar_id.tz = "Asia/Tokyo"
        both = self.other_company + self.company
        self.assertEqual(self._dashboard(companies=both)["zone"], "Asia/Tokyo")
        self.assertEqual(self._dashboard(companies=self.company + self.other_company)["zone"], "Europe/Rome")

    def test_who_sees_no_leads_gets_nothing(self):
        for user in (self.user_portal, self.user_public, new_test_user(self.env, "employee", "base.group_user")):
            with self.assertRaises(AccessError):
                self.env["crm.lead.dashboard"].with_user(user).get_dashboard()

    def test_own_teams_come_first(self):
        self.env["crm.team"].create({"name": "A", "sequence": 1})
        self.env["crm.team"].create({"name": "Z", "sequence": 99999, "user_id": self.user_all.id})
        names = [team["name"] for team in self._dashboard(user=self.user_all)["teams"]]
        self.assertEqual(names[0], "Z")
        self.assertEqual(len(set(names)), len(names))
        self.assertIn("A", names)

    def test_menu(self):
        menu = self.env.ref("crm_lead_lifecycle.crm_lead_dashboard_menu")
        self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(self.user_own)._visible_menu_ids())
        employee = new_test_user(self.env, "employee", "base.group_user")
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(employee)._visible_menu_ids())
        self.assertEqual(menu.parent_id.child_id.sorted("sequence")[0], menu)


class TestDashboardRpc(DashboardCase, HttpCase):
    """What comes over the wire."""

    def _ask(self, *args):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw/crm.lead.dashboard/get_dashboard",
            {"model": "crm.lead.dashboard", "method": "get_dashboard", "args": list(args), "kwargs": {}},
        )

    def test_figures_open_what_they_count(self):
        self._answered(10, user_id=self.user_own.id)
        self._forget()
        self.authenticate("lead_own", "lead_own")
        with self._at(NOW):
            came = self._ask("today", self.team.id)["flows"]["came"]
            self.assertEqual(came["count"], 1)
            leads = self.env["crm.lead"].with_user(self.user_own)
            self.assertEqual(leads.search_count(json.loads(json.dumps(came["domain"]))), 1)
        self.assertIn(["create_date", ">=", MIDNIGHT], came["domain"])

    @mute_logger("odoo.http")
    def test_portal_users_and_strangers_get_nothing(self):
        self.authenticate("lead_portal", "lead_portal")
        with self.assertRaises(JsonRpcException) as caught:
            self._ask()
        self.assertIn("AccessError", str(caught.exception))
        self.authenticate(None, None)
        with self.assertRaises(JsonRpcException):
            self._ask()

    @mute_logger("odoo.http")
    def test_what_helps_itself_can_not_be_called(self):
        self.authenticate("lead_manager", "lead_manager")
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/web/dataset/call_kw/crm.lead/_get_expired_domain",
                {"model": "crm.lead", "method": "_get_expired_domain", "args": [NOW], "kwargs": {}},
            )
