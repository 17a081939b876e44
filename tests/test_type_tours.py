from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestTypeTours(HttpCase):
    """What people do with lead types, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Tour Resorts"})
        cls.salesperson, cls.administrator = (
            new_test_user(
                cls.env,
                login,
                groups,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for login, groups in (
                ("tour_salesperson", "sales_team.group_sale_salesman"),
                ("tour_administrator", "base.group_system,sales_team.group_sale_manager"),
            )
        )
        cls.env["crm.team"].create(
            {
                "name": "Tours",
                "company_id": cls.company.id,
                "member_ids": [Command.set((cls.salesperson + cls.administrator).ids)],
            }
        )

    def _make_type(self, name, stages, **values):
        """A type with stages in their order, of which each may follow the one before.

        :param dict stages: ``{name: stage type}``
        """
        records = self.env["crm.stage"].create(
            [
                {"name": stage, "stage_type": kind, "sequence": 900 + number}
                for number, (stage, kind) in enumerate(stages.items())
            ]
        )
        return self.env["crm.lead.type"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "stage_ids": [Command.set(records.ids)],
                "initial_stage_id": records[0].id,
                "transition_ids": [
                    Command.create({"from_stage_id": first.id, "to_stage_id": second.id})
                    for first, second in zip(records, records[1:], strict=False)
                ],
                **values,
            }
        )

    def test_preset(self):
        with mute_logger("odoo.http"):  # the server refuses the move, and logs it
            self.start_tour(
                "/odoo/action-crm.crm_config_settings_action", "lead_type_preset", login="tour_administrator"
            )
        lead = self.env["crm.lead"].search([("name", "=", "Coffee machine leaks")])
        self.assertEqual(lead.lead_type_id.preset_key, "service")
        self.assertEqual(lead.company_id, self.company)
        self.assertEqual(lead.stage_id.preset_key, "service_working")

    def test_successor(self):
        stay = self._make_type("Stay", {"Asked for": "open", "Booked": "qualified"})
        acquisition = self._make_type(
            "Acquisition", {"Found": "open", "Fit for an offer": "qualified"}, next_type_id=stay.id
        )
        lead = self.env["crm.lead"].create(
            {
                "name": "Choir weekend",
                "type": "opportunity",
                "lead_type_id": acquisition.id,
                "user_id": self.salesperson.id,
            }
        )
        self.start_tour(f"/odoo/lead-desk/{lead.id}", "lead_type_successor", login="tour_salesperson")
        self.assertEqual(lead.lead_type_id, stay)
        self.assertEqual(lead.stage_id, stay.initial_stage_id)
        self.assertEqual(lead.won_status, "pending")

    def test_moves(self):
        stay = self._make_type("Stay", {"Asked for": "open", "Offered": "open", "Booked": "qualified"})
        self.env["crm.lead"].create({"name": "A stay", "lead_type_id": stay.id, "user_id": self.salesperson.id})
        self.start_tour(
            f"/odoo/action-crm_lead_lifecycle.crm_lead_type_action/{stay.id}",
            "lead_type_moves",
            login="tour_administrator",
        )
        self.assertEqual(len(stay.transition_ids), 2, "trying saves nothing")

    def test_client(self):
        stay = self._make_type("Stay", {"Asked for": "open", "Booked": "qualified"})
        self.start_tour(
            f"/odoo/action-crm_lead_lifecycle.crm_lead_type_action/{stay.id}",
            "lead_type_client",
            login="tour_administrator",
        )
        [definition] = stay.property_definition
        self.assertEqual(definition["string"], "Property 1")
        self.assertEqual(stay.client_property_names, [definition["name"]])
