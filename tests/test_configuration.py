import json

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import Form
from odoo.tools import mute_logger

from .configuration_common import ConfigurationCase


class TestConfiguration(ConfigurationCase):
    """The configuration of a company goes into a file and comes out of it as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_configuration()

    def test_what_is_brought_into_an_empty_company_is_exported_as_the_same_file(self):
        exported = self._export()
        self._forget()
        self.assertNotEqual(self._export(), exported)
        dialog = self._import(exported)
        self.assertEqual(
            dialog.state, "done", dialog.line_ids.filtered(lambda line: line.state == "refused").mapped("note")
        )
        self.assertEqual(self._export(), exported)

    def test_everything_is_there_again(self):
        exported = self._export()
        self._forget()
        self._import(exported)
        lead_types = self.env["crm.lead.type"].search([("company_id", "=", self.other_company.id)])
        boats = lead_types.filtered(lambda lead_type: lead_type.name == "Boat hire")
        self.assertEqual(boats.with_context(lang="it_IT").name, "Noleggio barche")
        self.assertEqual(boats.menu_id.with_context(lang="it_IT").name, "Noleggio barche")
        self.assertEqual((lead_types - boats).next_type_id, boats)
        self.assertEqual((boats.initial_stage_id.name, boats.abandon_hours), ("Asked for a boat", 12.5))
        self.assertEqual(boats.stage_ids.mapped("lead_type_ids"), lead_types)
        self.assertEqual(
            [(move.display_name, move.group_ids) for move in boats.transition_ids.sorted("display_name")],
            [
                ("Asked for a boat → Boat out", self.env["res.groups"]),
                ("Boat out → Drifted off", self.env.ref("sales_team.group_sale_manager")),
            ],
        )
        self.assertEqual(boats.hidden_field_ids.name, "website")
        berth, skipper = boats.property_definition
        self.assertEqual((berth["string"], boats.client_property_names), ("Berth", ["berth"]))
        self.assertEqual(skipper["domain"], f"[('sale_team_id', '=', {self.team.id})]")
        self.assertEqual(boats.initial_stage_id.escalation_ids.mapped("action"), ["abandon"])
        rule = self.env["crm.assignment.rule"].search([("name", "=", "Boats")])
        expected = ["|", ("lead_type_id", "=", boats.id), ("user_id", "in", [self.skipper.id])]
        self.assertEqual(rule._get_domain(), Domain(expected))
        self.assertEqual((rule.company_id, rule.team_id), (self.other_company, self.team))
        self.assertEqual([(member.user_id, member.weight) for member in rule.member_ids], [(self.skipper, 3)])
        busy = self.env["crm.call.outcome"].search([("name", "=", "At sea")])
        self.assertEqual(busy.exhausted_outcome_id.name, "Seasick")
        self.assertEqual(busy.exhausted_outcome_id.lost_reason_id, self.reason)
        channel = self.env["crm.intake.channel"].search([("code", "=", "harbour")])
        self.assertEqual((channel.lead_type_id, channel.source_id.name), (boats, "Harbour office"))
        self.assertEqual(channel.mapping_ids.mapped("path"), ["who", "where"])
        self.assertFalse(channel.secret_ids)
        self.assertEqual(self.notice.user_ids, self.skipper)
        self.assertEqual(self.other_company.appointment_minutes, 45)

    def test_all_lists_are_there_again(self):
        exported = self._export()
        self._forget()
        self._import(exported)
        of_company = [("company_id", "=", self.other_company.id)]
        boats = self.env["crm.lead.type"].search([*of_company, ("name", "=", "Boat hire")])
        source = self.env["utm.source"].search([("name", "=", "Harbour office")])
        self.assertEqual(source.lead_user_id, self.skipper)
        self.assertEqual(self.env["crm.lead.location"].search(of_company).name, "Old pier")
        self.assertEqual(self.env["crm.lead.channel"].search(of_company).url, "https://radio.example/{phone}")
        self.assertEqual(
            [
                (sla.lead_type_id, sla.source_id, sla.minutes_within, sla.minutes_late, sla.clock)
                for sla in self.env["crm.lead.sla"].search(of_company)
            ],
            [
                (boats, source, 5, 10, "all"),
                (boats.browse(), source.browse(), 30, 90, "working"),
            ],
        )

    def test_a_type_counts_as_it_did(self):
        exported = self._export("lead_types", "stages")
        lead = self._lead(lead_type_id=self.boats.id, company_id=self.other_company.id, team_id=False, user_id=False)
        self.assertEqual(lead.number, "BOAT/0001")
        counter = self.boats.number_sequence_id
        self.assertEqual(set(self._import(exported).line_ids.mapped("state")), {"same"})
        content = json.loads(exported)
        for item in content["lead_types"]:
            if item["key"] in ("name:Boat hire", "name:Charter"):
                item["number_template"] = "HIRE/###"
        self._import(content)
        lead = self._lead(lead_type_id=self.boats.id, company_id=self.other_company.id, team_id=False, user_id=False)
        self.assertEqual(lead.number, "HIRE/001")
        self.assertEqual(counter._get_template(), "BOAT/####", "others may count by it")
        self.assertEqual(self.charter.number_sequence_id, self.boats.number_sequence_id, "they draw no number twice")

    def test_a_counter_that_is_no_template_stays(self):
        self.boats.number_sequence_id = self.env["ir.sequence"].create({"name": "Ranges", "prefix": "%(range_year)s/"})
        content = json.loads(self._export("lead_types"))
        self.assertEqual({item["number_template"] for item in content["lead_types"]}, {None})
        self.assertEqual(set(self._import(content).line_ids.mapped("state")), {"same"})

    def test_an_import_of_what_is_there_changes_nothing(self):
        exported = self._export()
        dialog = self._import(exported)
        self.assertEqual(set(dialog.line_ids.mapped("state")), {"same"})
        self.assertEqual(self._export(), exported)

    def test_a_second_import_changes_nothing(self):
        exported = self._export()
        self._forget()
        self._import(exported)
        self.assertEqual(set(self._import(exported).line_ids.mapped("state")), {"same"})

    def test_the_file_holds_no_ids_and_no_secrets(self):
        text = self._export().decode()
        secret = self.channel.secret_ids.sudo().value
        self.assertNotIn(secret, text)
        self.assertNotIn("hmac", text)
        content = json.loads(text)
        [boats] = [item for item in content["lead_types"] if item["key"] == "name:Boat hire"]
        self.assertEqual(
            boats["property_definition"][1],
            {
                "comodel": "res.users",
                "domain": [["sale_team_id", "=", {"crm.team": "Lead Desk"}]],
                "name": "skipper",
                "string": "Skipper",
                "type": "many2one",
            },
        )
        [domain] = [rule["domain"] for rule in content["assignment_rules"] if rule["key"] == "name:Boats"]
        self.assertEqual(
            domain,
            [
                "|",
                ["lead_type_id", "=", {"crm.lead.type": "name:Boat hire"}],
                ["user_id", "in", [{"res.users": self.skipper.login}]],
            ],
        )

    def test_the_language_of_who_exports_and_imports_makes_no_difference(self):
        exported = self._export()
        self.user_admin.lang = "it_IT"
        self.assertEqual(self._export(), exported)
        self._forget()
        self._import(exported)
        self.assertEqual(self._export(), exported)

    def test_only_what_is_chosen_goes_along(self):
        content = json.loads(self._export("lost_reasons", "notices"))
        self.assertEqual(
            [name for name, value in content.items() if isinstance(value, list)], ["lost_reasons", "notices"]
        )

    def test_only_what_is_chosen_comes_in(self):
        exported = self._export()
        self._forget()
        dialog = self._dialog(exported)
        dialog.part_ids.filtered(lambda part: part.name != "stages").is_chosen = False
        dialog.action_import()
        self.assertEqual(set(dialog.line_ids.mapped("portable")), {"Stages"})
        self.assertFalse(self.env["crm.lead.type"].search([("name", "=", "Boat hire")]))

    def test_the_other_company_keeps_its_own(self):
        """What is of every company is there already; what is of the one becomes that of the other."""
        exported = self._export("settings", "stages", "lead_types", "call_outcomes")
        before = self.boats.read()
        dialog = self._import(exported, self.company)
        self.assertEqual(dialog.state, "done")
        states = self._states(dialog)
        self.assertEqual((states["Boat hire"], states["Asked for a boat"], states["Seasick"]), ("new", "same", "new"))
        copies = self.env["crm.lead.type"].search([("name", "=", "Boat hire")]) - self.boats
        self.assertEqual(copies.company_id, self.company)
        self.assertEqual(self.boats.read(), before)
        self.assertEqual(self.company.appointment_minutes, 45)

    def test_an_address_that_another_company_has_is_refused(self):
        exported = self._export("stages", "lead_types", "intake_channels")
        with mute_logger("odoo.sql_db"):
            dialog = self._import(exported, self.company)
        self.assertEqual(dialog.state, "refused")
        [line] = dialog.line_ids.filtered(lambda line: line.state == "refused" and line.name == "Harbour")
        self.assertIn("Another channel has this code", line.note)

    def test_names_that_are_there_twice_are_told_apart(self):
        self.env["crm.lost.reason"].create([{"name": "Rain"}, {"name": "Rain", "active": False}])
        items = json.loads(self._export("lost_reasons"))["lost_reasons"]
        rain = {item["key"]: item["active"] for item in items if item["name"]["en_US"] == "Rain"}
        self.assertEqual(rain, {"name:Rain": True, "name:Rain (2)": False})
        self.assertEqual(set(self._import(self._export("lost_reasons")).line_ids.mapped("state")), {"same"})

    def test_what_has_no_name_elsewhere_can_not_be_exported(self):
        partner = self.env["res.partner"].create({"name": "Captain Ahab"})
        self.rule.domain = f'[("partner_id", "=", {partner.id})]'
        with self.assertRaisesRegex(UserError, "Captain Ahab.*can't be named"):
            self._export("assignment_rules")

    def test_the_dialog_says_what_is_new_changed_and_the_same(self):
        exported = json.loads(self._export("lost_reasons"))
        first, second = exported["lost_reasons"][:2]
        first["name"]["en_US"] = "Far too expensive"
        exported["lost_reasons"].append({"key": "name:Storm", "name": {"en_US": "Storm"}, "active": True})
        dialog = self._dialog(exported)
        dialog.action_preview()
        states = self._states(dialog)
        self.assertEqual(states["Storm"], "new")
        self.assertEqual(states[second["name"]["en_US"]], "same")
        [changed] = dialog.line_ids.filtered(lambda line: line.state == "changed")
        self.assertRegex(changed.note, r"^Description: .+ → Far too expensive$")
        self.assertEqual(dialog.state, "ready")
        self.assertTrue(dialog.summary.startswith("1 new, 1 changed"))
        self.assertFalse(self.env["crm.lost.reason"].search([("name", "in", ("Storm", "Far too expensive"))]))

    def test_a_text_that_was_emptied_is_emptied(self):
        self.boats.description = "By the hour"
        self.boats.with_context(lang="it_IT").description = "A ore"
        exported = json.loads(self._export("lead_types"))
        [boats] = [item for item in exported["lead_types"] if item["key"] == "name:Boat hire"]
        self.assertEqual(boats["description"], {"en_US": "By the hour", "it_IT": "A ore"})
        boats["description"] = {}
        [line] = self._import(exported).line_ids.filtered(lambda line: line.state != "same")
        self.assertEqual(line.note, "Description: By the hour → –")
        self.assertFalse(self.boats.description or self.boats.with_context(lang="it_IT").description)

    def test_what_is_new_is_made_in_one_go(self):
        def bring(prefix, count):
            names = [f"{prefix} {number}" for number in range(count)]
            items = [{"key": f"name:{name}", "name": {"en_US": name}} for name in names]
            dialog = self._dialog(self._file(removal_reasons=items))
            return self._count_queries(dialog.action_import)

        bring("Warm", 2)
        few, many = bring("Few", 2), bring("Many", 42)
        self.assertLess(many - few, 20)
        self.assertEqual(self.env["crm.removal.reason"].search_count([("name", "like", "Many ")]), 42)

    def test_another_file_has_to_be_looked_at_again(self):
        dialog = self._dialog(self._file(lost_reasons=[]))
        dialog.action_preview()
        self.assertEqual(dialog.state, "ready")
        with Form(dialog) as form:
            form.operation = "export"
            form.operation = "import"
        self.assertEqual(dialog.state, "new")
