import json

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..models import configuration_file
from .configuration_common import ConfigurationCase


class TestConfigurationMisuse(ConfigurationCase):
    """Files that are wrong or hostile are refused in words, and leave nothing behind."""

    def assertFileRefused(self, content, words):
        for action in ("action_preview", "action_import"):
            with self.subTest(action=action), self.assertRaisesRegex(UserError, words):
                getattr(self._dialog(content), action)()

    def assertRecordRefused(self, words, **lists):
        """The records of a file are refused with these words, one for each.

        :return: the dialog
        """
        with self.assertNothingChanges():
            dialog = self._import(self._file(**lists))
        self.assertEqual(dialog.state, "refused")
        notes = dialog.line_ids.filtered(lambda line: line.state == "refused").mapped("note")
        for pattern in [words] if isinstance(words, str) else words:
            self.assertTrue([note for note in notes if pattern in note], notes)
        return dialog

    # ------------------------------------------------------------
    # FILES
    # ------------------------------------------------------------

    def test_what_is_no_file_of_a_configuration_is_refused(self):
        damaged = "no configuration file, or it is damaged"
        for content, words in (
            (b"Dear all,", damaged),
            (b"\xff\xfe\x00", damaged),
            (b"[]", damaged),
            (b'{"format": 1, "format": 2}', damaged),
            (b"[" * 100_000, damaged),
            (b'{"format": NaN}', damaged),
            ({}, "no configuration file of the lead desk"),
            ({"format": 1, "module": "sale"}, "no configuration file of the lead desk"),
            ({"format": "1", "module": "crm_lead_lifecycle"}, "no configuration file of the lead desk"),
            ({**self._file(), "format": 2, "module_version": "20.0.1"}, "another version of the lead desk .20.0.1"),
            (self._file(res_users=[]), "something unknown: “res_users”"),
            (self._file(stages={}), "“stages” is no list of records"),
            (self._file(stages=["New"]), "“stages” is no list of records"),
            (self._file(stages=[{"key": "name:A", "write_uid": 1}]), "“write_uid” in “stages” is unknown"),
            (self._file(stages=[{"key": "id:1"}]), "“id:1” is no key"),
            (self._file(stages=[{"key": 1}]), "“1” is no key"),
            (self._file(stages=[{"name": {"en_US": "New"}}]), "“None” is no key"),
            (self._file(stages=[{"key": "shared:name:A"}]), "is no key"),
            (self._file(stages=[{"key": "name:A"}, {"key": "name:A"}]), "“name:A” is twice"),
            (self._file(settings=[{"key": "name:Other"}]), "is no key"),
            (self._file(lead_types=[{"key": "name:A", "transition_ids": [{"id": 1}]}]), "“id” in .* is unknown"),
            (self._file(intake_channels=[{"key": "code:a", "app_secret": "x"}]), "“app_secret” in .* is unknown"),
        ):
            with self.subTest(content=str(content)[:60]):
                self.assertFileRefused(content, words)

    def test_a_file_is_needed(self):
        for action in ("action_preview", "action_import"):
            with self.assertRaisesRegex(UserError, "Choose a file first"):
                getattr(self._dialog(operation="import"), action)()

    def test_a_file_that_is_too_large_is_not_read(self):
        self.patch(configuration_file, "LARGEST_FILE", 1000)
        self.assertFileRefused(self._file(stages=[{"key": "name:" + "A" * 1000}]), "too large")

    def test_records_that_refer_to_each_other_in_a_circle_are_refused(self):
        self.assertFileRefused(
            self._file(
                lead_types=[
                    {"key": "name:A", "name": {"en_US": "A"}, "next_type_id": "name:B"},
                    {"key": "name:B", "name": {"en_US": "B"}, "next_type_id": "name:A"},
                ]
            ),
            "in a circle",
        )

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    def test_customers_get_no_leads(self):
        self.user_portal.company_ids += self.other_company
        member = {"user_id": self.user_portal.login}
        self.assertRecordRefused(
            "There is no “lead_portal” here", assignment_rules=[{"key": "name:R", "name": "R", "member_ids": [member]}]
        )

    def test_one_that_is_refused_keeps_all_out(self):
        dialog = self.assertRecordRefused(
            "There is no “nobody” here",
            lost_reasons=[{"key": "name:Storm", "name": {"en_US": "Storm"}}],
            assignment_rules=[{"key": "name:R", "name": "R", "member_ids": [{"user_id": "nobody"}]}],
        )
        self.assertEqual(self._states(dialog), {"Storm": "new", "R": "refused"})
        self.assertFalse(self.env["crm.lost.reason"].search([("name", "=", "Storm")]))

    def test_who_refers_to_one_that_is_refused_is_refused_too(self):
        self.assertRecordRefused(
            ("“x”", "There is no “name:First” here"),
            lead_types=[
                {"key": "name:Second", "name": {"en_US": "Second"}, "next_type_id": "name:First"},
                {"key": "name:First", "name": {"en_US": "First"}, "due_days": "x"},
            ],
        )

    def test_values_that_make_no_sense_are_refused(self):
        name = {"en_US": "A"}
        for item, words in (
            ({"due_days": True}, "can't be “True”"),
            ({"due_days": 10**12}, "can't be"),
            ({"due_days": -1}, "1 to 3650 days"),
            ({"due_days": None}, "can't be “None”"),
            ({"active": 1}, "can't be “1”"),
            ({"abandon_clock": "moon"}, "can't be “moon”"),
            ({"name": "A"}, "Name can't be “A”"),
            ({"name": {"en_US": ["A"]}}, "Name can't be"),
            ({"stage_ids": "name:New"}, "can't be"),
            ({"stage_ids": [7]}, "“7” is no name of a record"),
            ({"initial_stage_id": "name:Nowhere"}, "There is no “name:Nowhere” here"),
            ({"required_field_ids": ["no_such_field"]}, "There is no “no_such_field” here"),
            ({"required_field_ids": ["message_ids"]}, "has no place in the form"),
            ({"hidden_field_ids": ["stage_id"]}, "can't be hidden"),
            ({"client_property_names": [1]}, "can't be"),
            ({"property_definition": [{"name": "a", "type": "code"}]}, "makes no sense"),
            ({"property_definition": [{"name": "A b", "type": "char"}]}, ""),
            ({"property_definition": [{"name": "a", "type": "char", "compute": "1"}]}, "no property that makes sense"),
            ({"property_definition": [{"name": "a", "type": "many2one", "comodel": "no.model"}]}, "not installed"),
            ({"transition_ids": [{"from_stage_id": "name:X", "to_stage_id": "name:Y"}]}, "There is no “name:X”"),
            ({"transition_ids": [{}]}, ""),
        ):
            with self.subTest(item=item), mute_logger("odoo.sql_db"):
                self.assertRecordRefused(words, lead_types=[{"key": "name:A", "name": name, **item}])

    def test_a_ready_type_that_there_is_not_is_refused(self):
        self.assertRecordRefused(
            "no ready lead type or stage", lead_types=[{"key": "preset_key:x", "name": {"en_US": "A"}}]
        )

    def test_conditions_are_looked_at_by_the_rules(self):
        for domain, words in (
            ([["no_such_field", "=", 1]], "can't be used"),
            ([["name", "hack", 1]], "can't be used"),
            ([["user_id", "=", 1]], "“1” is no name of a record"),
            ([["user_id", "=", {"ir.config_parameter": "x"}]], "is no name of a record"),
            ([["user_id", "=", {"res.users": "nobody"}]], "There is no “nobody” here"),
            ([["team_id", "any", [["user_id", "in", [2]]]]], "“2” is no name of a record"),
            ("[('id', '=', 1)]", "are no conditions"),
            ([7], "is no condition"),
            ([["name"]], "is no condition"),
        ):
            with self.subTest(domain=domain):
                self.assertRecordRefused(words, assignment_rules=[{"key": "name:R", "name": "R", "domain": domain}])

    def test_a_stage_in_use_does_not_change_its_kind(self):
        self._lead(self.stage_working)
        self.assertRecordRefused("is in use", stages=[{"key": "name:At work", "stage_type": "qualified"}])

    def test_a_property_does_not_change_its_kind(self):
        lead_type = self._lead_type(
            name="Boat hire",
            company_id=self.other_company.id,
            property_definition=[{"name": "berth", "string": "Berth", "type": "char"}],
        )
        definition = [{"name": "berth", "string": "Berth", "type": "integer"}]
        self.assertRecordRefused(
            "“Berth” is of another kind", lead_types=[{"key": "name:Boat hire", "property_definition": definition}]
        )
        self._import(
            self._file(
                lead_types=[
                    {"key": "name:Boat hire", "property_definition": [{"name": "n", "string": "N", "type": "integer"}]}
                ]
            )
        )
        self.assertEqual(
            [item["name"] for item in lead_type.property_definition], ["n", "berth"], "values would be lost"
        )

    def test_a_field_map_needs_the_property_of_the_type(self):
        row = {"path": "where", "target": "property", "property_name": "Berth"}
        self.assertRecordRefused(
            "has no property “Berth”", intake_channels=[{"key": "code:c", "name": "C", "mapping_ids": [row]}]
        )

    def test_html_of_a_property_is_cleaned(self):
        html = "<p>Hi</p><script>alert(1)</script><img src=x onerror=alert(1)>"
        definition = [{"name": "note_html", "string": "Note", "type": "html", "default": html}]
        self._import(
            self._file(lead_types=[{"key": "name:A", "name": {"en_US": "A"}, "property_definition": definition}])
        )
        [item] = self.env["crm.lead.type"].search([("name", "=", "A")]).property_definition
        self.assertIn("Hi", item["default"])
        self.assertNotRegex(item["default"], "script|onerror")

    # ------------------------------------------------------------
    # NOTHING IS TAKEN AWAY
    # ------------------------------------------------------------

    def test_nothing_is_deleted_or_archived(self):
        lead_type = self._lead_type(name="Boat hire", company_id=self.other_company.id)
        stages = self.stage_new + self.stage_won
        stages.lead_type_ids = lead_type
        lead_type.transition_ids = [
            Command.create({"from_stage_id": self.stage_new.id, "to_stage_id": self.stage_won.id})
        ]
        self._import(
            self._file(
                lost_reasons=[{"key": "name:Too far away", "active": False}],
                lead_types=[{"key": "name:Boat hire", "active": False, "stage_ids": [], "transition_ids": []}],
            )
        )
        self.assertTrue(self.reason.active)
        self.assertTrue(lead_type.active)
        self.assertEqual(lead_type.stage_ids, stages)
        self.assertEqual(len(lead_type.transition_ids), 1)

    def test_languages_that_are_not_installed_are_left_out(self):
        name = {"en_US": "Storm", "pl_PL": "Burza"}
        self._import(self._file(lost_reasons=[{"key": "name:Storm", "name": name}]))
        [item] = [
            item for item in json.loads(self._export("lost_reasons"))["lost_reasons"] if item["key"] == "name:Storm"
        ]
        self.assertEqual(item["name"], {"en_US": "Storm"})

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_only_administrators_who_manage_sales_see_the_dialog(self):
        for user in (self.user_own, self.user_all, self.user_manager, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._dialog(self._file(), self.company, user)
        menu = self.env.ref("crm_lead_lifecycle.crm_configuration_menu")
        for user, expected in ((self.user_manager, False), (self.user_admin, True)):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual(menu.id in visible, expected, user.login)

    def test_administrators_without_sales_neither_export_nor_import(self):
        user = new_test_user(self.env, "config_system", "base.group_system")
        dialog = self._dialog(self._file(), self.company, user)
        for action in ("action_export", "action_preview", "action_import"):
            with (
                self.subTest(action=action),
                self.assertRaisesRegex(AccessError, "Only administrators who manage sales"),
            ):
                getattr(dialog, action)()

    def test_a_company_that_is_not_the_own_is_out_of_reach(self):
        self.user_admin.company_ids = self.company
        for action in ("action_export", "action_preview", "action_import"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(self._dialog(self._file(), self.other_company), action)()

    def test_what_is_of_another_company_is_not_written(self):
        """Neither by its key, nor in a file for a company that has one of the same name."""
        foreign = self._lead_type(name="Foreign", company_id=self.company.id)
        dialog = self._import(
            self._file(lead_types=[{"key": "name:Foreign", "due_days": 9, "name": {"en_US": "Foreign"}}])
        )
        self.assertEqual(self._states(dialog), {"Foreign": "new"})
        self.assertEqual(foreign.due_days, 0)
