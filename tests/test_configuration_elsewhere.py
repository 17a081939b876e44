import hashlib
import json

from odoo import models
from odoo.fields import Command
from odoo.tools import mute_logger

from ..models.configuration_portable import COMPANY, SETTINGS
from .configuration_common import ConfigurationCase


class TestConfigurationElsewhere(ConfigurationCase):
    """Another database has records of its own: the file means those that are the same, and no others."""

    def _items(self, name, content=None):
        """A list of the file by its keys."""
        return {item["key"]: item for item in (content or json.loads(self._export(name)))[name]}

    def assertLines(self, dialog, expected):
        self.assertEqual(
            [(line.name, line.state) for line in dialog.line_ids], expected, dialog.line_ids.mapped("note")
        )

    # ------------------------------------------------------------
    # WHICH RECORDS
    # ------------------------------------------------------------

    def test_what_the_demo_data_hold_goes_into_another_company_and_comes_out_as_the_same_file(self):
        """All of it but the channels, whose addresses are there once for all companies."""
        content = json.loads(self._export(company=self.env.ref("base.main_company")))
        content["intake_channels"] = []
        self.env.ref("base.user_admin").company_ids += self.other_company
        self.env["res.users"].search([("login", "=", "demo")]).company_ids += self.other_company
        self.env["crm.team"].search([]).company_id = False
        dialog = self._import(content)
        self.assertEqual(dialog.line_ids.filtered(lambda line: line.state == "refused").mapped("note"), [])
        self.assertEqual(json.loads(self._export()), content)
        self.assertEqual(set(self._import(content).line_ids.mapped("state")), {"same"})

    def test_one_that_was_made_anew_there_is_known_by_its_name(self):
        """Its name is all that the two have in common."""
        reasons = self.env["crm.lost.reason"].create({"name": "A storm"})
        ready = self.env.ref("crm_lead_lifecycle.crm_lost_reason_abandoned")
        by_xml_id = {"key": "xml_id:crm.lost_reason_9", "name": {"en_US": "A storm"}}
        by_name = {"key": f"name:{ready.name}", "name": {"en_US": ready.name}}
        for item, record in ((by_xml_id, reasons), (by_name, ready)):
            dialog = self._import(self._file(lost_reasons=[item]))
            self.assertLines(dialog, [(record.name, "same")])
        self.assertEqual(self.env["crm.lost.reason"].search_count([("name", "in", ("A storm", ready.name))]), 2)

    def test_a_name_that_was_changed_in_the_file_is_changed_once(self):
        reason = self.env["crm.lost.reason"].create({"name": "A storm"})
        content = self._file(lost_reasons=[{"key": "name:A storm", "name": {"en_US": "A gale"}}])
        self.assertLines(self._import(content), [("A storm", "changed")])
        self.assertLines(self._import(content), [("A gale", "same")])
        self.assertEqual(reason.name, "A gale")

    def test_one_of_the_same_name_that_the_file_means_elsewhere_is_not_taken(self):
        ready = self.env.ref("crm_lead_lifecycle.crm_lost_reason_abandoned")
        items = [
            {"key": f"name:{ready.name}", "name": {"en_US": ready.name}},
            {"key": "xml_id:crm_lead_lifecycle.crm_lost_reason_abandoned", "name": {"en_US": ready.name}},
        ]
        dialog = self._import(self._file(lost_reasons=items))
        self.assertEqual(sorted(dialog.line_ids.mapped("state")), ["new", "same"])

    def test_a_ready_type_is_none_of_the_same_name(self):
        own = self._lead_type(name="Booking request", company_id=self.other_company.id)
        item = {"key": "preset_key:booking", "name": {"en_US": "Booking request"}, "due_days": 9}
        self.assertLines(self._import(self._file(lead_types=[item])), [("Booking request", "new")])
        self.assertEqual(own.due_days, 0)

    def test_names_of_sources_are_taken_at_their_word(self):
        """In Odoo's own search for them _ and % stand for any other character."""
        other = self.env["utm.source"].create({"name": "Portal-1"})
        item = {"key": "code:portal", "name": "Portal", "source_id": "Portal_1"}
        self._import(self._file(intake_channels=[item]))
        channel = self.env["crm.intake.channel"].search([("code", "=", "portal")])
        self.assertEqual(channel.source_id.name, "Portal_1")
        self.assertNotEqual(channel.source_id, other)
        self._import(self._file(intake_channels=[{**item, "source_id": "PORTAL-1"}]))
        self.assertEqual(channel.source_id, other)

    def test_a_source_without_a_name_is_refused(self):
        for name in (" ", "\t"):
            item = {"key": "code:portal", "name": "Portal", "source_id": name}
            dialog = self._import(self._file(intake_channels=[item]))
            self.assertLines(dialog, [("Portal", "refused")])

    def test_answer_times_are_known_by_type_and_source(self):
        source = self.env["utm.source"].create({"name": "A portal"})
        sla = self.env["crm.lead.sla"].create({"company_id": self.other_company.id, "source_id": source.id})
        row = {"sequence": 10, "active": True, "source_id": "A portal", "minutes_within": 7, "minutes_late": 9}
        content = self._file(answer_times=[{"key": "company", "lead_sla_ids": [row, {**row, "source_id": None}]}])
        dialog = self._import(content)
        self.assertEqual(dialog.line_ids.note, "Answer Times: 1 new, 1 changed")
        self.assertEqual(sla.minutes_within, 7)
        self.assertLines(self._import(content), [(self.other_company.name, "same")])

    def test_two_answer_times_for_the_same_leads_are_refused(self):
        row = {"minutes_within": 7, "minutes_late": 9}
        content = self._file(answer_times=[{"key": "company", "lead_sla_ids": [row, row]}])
        with mute_logger("odoo.sql_db"):
            dialog = self._import(content)
        self.assertLines(dialog, [(self.other_company.name, "refused")])
        self.assertIn("for this type and source already", dialog.line_ids.note)

    def test_nothing_that_is_configured_is_forgotten(self):
        """A new field of a list goes along, or is named here with why not."""
        left_out = {
            # said by the kind of the stage, and by the type that it is of
            "crm.stage": {"is_won", "lead_type_ids"},
            # goes along as the template of its numbers
            "crm.lead.type": {"number_sequence_id"},
            # secrets, what stands at Facebook, and an address of this database
            "crm.intake.channel": {
                "alias_id", "alias_name", "alias_domain_id", "request_ids", "app_secret", "app_secret_entry",
                "page_ids",
            },
            # said by the members; counts the turns
            "crm.assignment.rule": {"user_ids", "turn_sequence_id"},
        }  # fmt: skip
        known = {}
        for portable in self.env["crm.configuration"]._get_portables():
            names = known.setdefault(portable.model, set())
            names.update(portable.fields, portable.keys, (rows.name for rows in portable.rows))
            for rows in portable.rows:
                field = self.env[portable.model]._fields[rows.name]
                known.setdefault(field.comodel_name, set()).update(rows.fields, [field.inverse_name])
        for model, names in known.items():
            if model in (SETTINGS, COMPANY):
                continue
            settled = {
                name
                for name, field in self.env[model]._fields.items()
                if (field.store or field.inverse) and not field.readonly and name not in ("id", "company_id")
            }
            with self.subTest(model=model):
                self.assertEqual(settled - names - set(models.MAGIC_COLUMNS), left_out.get(model, set()))

    # ------------------------------------------------------------
    # ORDER
    # ------------------------------------------------------------

    def test_rules_keep_their_order(self):
        """The first one that fits gives the lead, of the same sequence the older one."""
        rules = self.env["crm.assignment.rule"]
        names = ["Zanzibar", "Aruba", "Malta"]
        made = rules.create([{"name": name, "company_id": self.other_company.id} for name in names])
        exported = self._export("assignment_rules")
        made.unlink()
        self._import(exported)
        self.assertEqual(rules.search([("company_id", "=", self.other_company.id)]).mapped("name"), names)
        self.assertEqual(self._export("assignment_rules"), exported)

    def test_rows_keep_their_order(self):
        """The first row of a field map that finds a value fills it in, of the same sequence the older one."""
        channels = self.env["crm.intake.channel"]
        rows = [Command.create({"path": path, "target": "request"}) for path in ("zeta", "alpha")]
        channel = channels.create({"name": "C", "code": "c", "company_id": self.other_company.id, "mapping_ids": rows})
        exported = self._export("intake_channels")
        self.assertEqual(set(self._import(exported).line_ids.mapped("state")), {"same"})
        channel.unlink()
        self._import(exported)
        self.assertEqual(channels.search([("code", "=", "c")]).mapping_ids.mapped("path"), ["zeta", "alpha"])

    # ------------------------------------------------------------
    # WHAT IS REFERRED TO
    # ------------------------------------------------------------

    def test_people_in_conditions_on_properties_are_named_too(self):
        """An id in the file would be somebody else elsewhere."""
        definition = [{"name": "skipper", "string": "Skipper", "type": "many2one", "comodel": "res.users"}]
        lead_type = self._lead_type(name="Boat hire", company_id=self.other_company.id, property_definition=definition)
        self.env["crm.assignment.rule"].create(
            {"name": "R", "company_id": self.other_company.id,
             "domain": f"[('type_properties.skipper', '=', {self.user_own.id})]"}
        )  # fmt: skip
        content = json.loads(self._export("lead_types", "assignment_rules"))
        rule = self._items("assignment_rules", content)["name:R"]
        self.assertEqual(rule["domain"], [["type_properties.skipper", "=", {"res.users": "lead_own"}]])
        self.assertEqual(set(self._import(content).line_ids.mapped("state")), {"same"})
        lead_type.unlink()
        dialog = self._import({**content, "lead_types": []})
        self.assertEqual(dialog.state, "refused", "nobody knows any more whose property it is")

    def test_a_stage_of_a_team_of_another_company_stays_so(self):
        """Whether or not it has been read before, when Odoo leaves out what nobody may see."""
        team = self.env["crm.team"].create({"name": "Rome", "company_id": self.company.id})
        self.stage_new.team_ids = team
        self.env.flush_all()
        for is_known in (True, False):
            if not is_known:
                self.env.invalidate_all()
            [item] = [
                item
                for item in json.loads(self._export("stages"))["stages"]
                if item["key"] == f"name:{self.stage_new.name}"
            ]
            self.assertEqual(item["team_ids"], [])
            dialog = self._import(
                self._file(stages=[item, {**item, "key": "name:New one", "name": {"en_US": "New one"}}])
            )
            self.assertEqual(set(dialog.line_ids.mapped("state")), {"same", "new" if is_known else "same"})
            self.assertEqual(self.stage_new.team_ids, team)

    def test_moves_from_archived_stages_go_along(self):
        lead_type = self._lead_type(name="Boat hire", company_id=self.other_company.id)
        stage = self.env["crm.stage"].create({"name": "Ashore", "lead_type_ids": lead_type.ids})
        lead_type.transition_ids = [
            Command.create({"from_stage_id": stage.id, "to_stage_id": self.stage_won.id}),
        ]
        stage.active = False
        exported = self._export("stages", "lead_types")
        lead_type.unlink()
        stage.unlink()
        self._import(exported)
        self.assertEqual(self._export("stages", "lead_types"), exported)

    # ------------------------------------------------------------
    # HOSTILE
    # ------------------------------------------------------------

    def test_conditions_that_count_too_far_are_refused(self):
        domain = [["create_date", ">", "-999999999999d"]]
        dialog = self._import(self._file(assignment_rules=[{"key": "name:R", "name": "R", "domain": domain}]))
        self.assertLines(dialog, [("R", "refused")])

    def test_names_that_no_index_holds_are_refused(self):
        name = "".join(hashlib.sha512(str(number).encode()).hexdigest() for number in range(100))
        item = {"key": "code:portal", "name": "Portal", "source_id": name}
        with mute_logger("odoo.sql_db"):
            dialog = self._import(self._file(intake_channels=[item]))
        self.assertLines(dialog, [("Portal", "refused")])

    def test_a_file_reaches_only_what_is_listed(self):
        """Whatever it calls a record."""
        group = self.env.ref("base.group_system")
        stage = self.env.ref("crm.stage_lead1")
        for key in (f"xml_id:{group.get_external_id()[group.id]}", "xml_id:base.user_admin", f"name:{group.name}"):
            self._import(self._file(lost_reasons=[{"key": key, "name": {"en_US": "Hacked"}}]))
        self.assertNotEqual(group.name, "Hacked")
        self.assertNotEqual(self.env.ref("base.user_admin").name, "Hacked")
        self.assertFalse(self.env.ref("base.user_admin").has_group("crm_lead_lifecycle.group_stage_override"))
        item = {"key": "name:T", "name": {"en_US": "T"}, "hidden_field_ids": ["login"]}
        self.assertLines(self._import(self._file(lead_types=[item])), [("T", "refused")])
        item = {"key": "name:T", "name": {"en_US": "T"}, "stage_ids": [stage.id]}
        self.assertLines(self._import(self._file(lead_types=[item])), [("T", "refused")])

    def test_what_fails_half_way_leaves_nothing(self):
        content = self._file(
            lost_reasons=[{"key": "name:A storm", "name": {"en_US": "A storm"}}],
            removal_reasons=[{"key": "name:Pirates", "name": {"en_US": "Pirates"}}],
        )

        def fail(_self, _vals_list):
            raise RuntimeError("The lights went out")

        self.patch(type(self.env["crm.removal.reason"]), "create", fail)
        for action in ("action_preview", "action_import"):
            with self.assertRaises(RuntimeError), self.env.cr.savepoint(flush=False):
                getattr(self._dialog(content), action)()
            self.env.invalidate_all()
            self.assertFalse(self.env["crm.lost.reason"].search([("name", "=", "A storm")]))
