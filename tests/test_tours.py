from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

SUITE = "@crm_lead_lifecycle"


def _hoot_id(name):
    """The id that Hoot gives to a suite (see HOOTCommon of the module web)."""
    number = 0
    for char in name:
        number = (number * 31 + ord(char)) & 0xFFFFFFFF
    return f"{number:08x}"


@tagged("post_install", "-at_install")
class TestUnit(HttpCase):
    def test_unit(self):
        """Unit tests of the fields and views in JavaScript."""
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={_hoot_id(SUITE)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    """What people do at the lead desk, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "tour_salesperson", "sales_team.group_sale_salesman")
        cls.manager = new_test_user(cls.env, "tour_manager", "sales_team.group_sale_manager")
        cls.administrator = new_test_user(
            cls.env, "tour_administrator", "base.group_system,sales_team.group_sale_manager"
        )
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Tours",
                "member_ids": [Command.set((cls.salesperson + cls.manager + cls.administrator).ids)],
            }
        )
        # ours come first, so that they are on the screen
        cls.env["crm.stage"].search([]).sequence = 9999
        cls.stage_incoming, cls.stage_preparing, cls.stage_won, cls.stage_lost = cls.env["crm.stage"].create(
            [
                {"name": "Incoming", "sequence": 1},
                {"name": "In preparation", "sequence": 2},
                {"name": "Booked", "sequence": 3, "stage_type": "qualified"},
                {
                    "name": "Gone elsewhere",
                    "sequence": 4,
                    "stage_type": "not_interested",
                    "lost_reason_required": True,
                },
            ]
        )
        cls.lost_reason = cls.env["crm.lost.reason"].create({"name": "Too far away"})
        cls.removal_reason = cls.env["crm.removal.reason"].create({"name": "A robot"})
        cls.env.company.lead_number_template = "DESK-#####"
        cls.lead, cls.other_lead = cls.env["crm.lead"].create(
            [
                {
                    "name": name,
                    "type": "opportunity",
                    "user_id": cls.salesperson.id,
                    "team_id": cls.team.id,
                    "stage_id": cls.stage_incoming.id,
                }
                for name in ("Two weeks in July", "Another request")
            ]
        )

    def setUp(self):
        super().setUp()
        # a counter of PostgreSQL does not go back with the transaction of a test
        self.env.company._get_lead_number_sequence().number_next_actual = 777

    def assertEvents(self, lead, kinds):
        self.assertEqual(lead.event_ids.sorted("id").mapped("kind"), kinds)

    def test_create(self):
        self.lead.unlink()
        self.start_tour("/odoo", "lead_desk_create", login="tour_salesperson")
        lead = self.env["crm.lead"].search([("number", "=", "DESK-00777")])
        self.assertEqual(lead.request, "A pitch near the sea, please")
        self.assertEqual(lead.user_id, self.salesperson)
        self.assertEqual(lead.stage_id, self.stage_incoming)
        self.assertTrue(lead.is_overdue)
        self.assertTrue(lead.is_urgent)

    def test_drag(self):
        # the server refuses the drop, and logs it; the browser then asks for the reason
        with mute_logger("odoo.http"):
            self.start_tour("/odoo/action-crm.crm_lead_action_pipeline", "lead_desk_drag", login="tour_salesperson")
        self.assertEqual(self.lead.stage_id, self.stage_lost)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.lead.lost_reason_id, self.lost_reason)
        self.assertEvents(self.lead, ["create", "stage", "conclude"])

    def test_conclude_won(self):
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "lead_desk_conclude_won", login="tour_salesperson")
        self.assertEqual(self.lead.stage_id, self.stage_won)
        self.assertEqual(self.lead.won_status, "won")

    def test_conclude_and_assign_to_client(self):
        client = self.env["res.partner"].create({"name": "Tour Client", "phone": "+39 333 1234567"})
        self.lead.write(
            {"contact_name": "Tour Client", "phone": "333 123 4567", "country_id": self.env.ref("base.it").id}
        )
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "lead_desk_conclude_client", login="tour_salesperson")
        self.assertEqual(self.lead.won_status, "won")
        self.assertEqual((self.lead.partner_id, self.lead.client_status), (client, "linked"))

    def test_conclude_lost(self):
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "lead_desk_conclude_lost", login="tour_salesperson")
        self.assertEqual(self.lead.stage_id, self.stage_lost)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.lead.lost_reason_id, self.lost_reason)

    def test_mark_lost_without_a_stage_for_it(self):
        self.stage_lost.lead_type_ids = self.env["crm.lead.type"].create({"name": "Another"})
        others = self.env["crm.lead"].search([("id", "!=", self.lead.id)])
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "lead_desk_mark_lost", login="tour_salesperson")
        self.assertEqual(self.lead.stage_id, self.stage_incoming)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertTrue(all(others.mapped("active")), "no other lead is lost")

    def test_remove_and_restore(self):
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "lead_desk_remove", login="tour_salesperson")
        self.assertEqual(self.lead.client_status, "new")
        self.assertEqual(self.lead.stage_id, self.stage_incoming)
        self.assertTrue(self.lead.active)
        self.assertEvents(self.lead, ["create", "remove", "restore"])

    def test_number_template(self):
        self.start_tour("/odoo/action-crm.crm_config_settings_action", "lead_desk_number", login="tour_administrator")
        self.assertEqual(self.env.company.lead_number_template, "REQ-%(year)s-####")
        self.assertTrue(self.lead.number.startswith("DESK-"), "numbers that were given stay")

    def test_archive_stage(self):
        self.start_tour(
            f"/odoo/action-crm.crm_stage_action/{self.stage_incoming.id}",
            "lead_desk_archive_stage",
            login="tour_manager",
        )
        self.assertFalse(self.stage_incoming.active)
        self.assertEqual((self.lead + self.other_lead).stage_id, self.stage_preparing)
