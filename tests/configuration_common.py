import base64
import json
from contextlib import contextmanager

from odoo.fields import Command

from .common import LeadCase


class ConfigurationCase(LeadCase):
    """A company with a configuration of its own, and an administrator of both companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_admin.company_ids = cls.company + cls.other_company
        cls.env.ref("base.group_user")._apply_group(cls.env.ref("crm_lead_lifecycle.group_lead_types"))

    @classmethod
    def _make_configuration(cls):
        """In the other company a lead type with all that it can have, and one record of each list."""
        cls.env["res.lang"]._activate_lang("it_IT")
        company, manager = cls.other_company, cls.env.ref("sales_team.group_sale_manager")
        stages = cls.env["crm.stage"].create(
            [
                {"name": name, "stage_type": kind, "sequence": 500, "requirements": f"All of {name}"}
                for name, kind in (
                    ("Asked for a boat", "open"),
                    ("Boat out", "qualified"),
                    ("Drifted off", "abandoned"),
                )
            ]
        )
        cls.asked, cls.out, cls.drifted = stages
        cls.asked.rotting_threshold_days = 4
        cls.boats = cls.env["crm.lead.type"].create(
            {
                "name": "Boat hire",
                "company_id": company.id,
                "stage_ids": [Command.set(stages.ids)],
                "initial_stage_id": cls.asked.id,
                "order_confirmed_stage_id": cls.out.id,
                "abandon_hours": 12.5,
                "hidden_field_ids": [Command.set(cls.env["ir.model.fields"]._get("crm.lead", "website").ids)],
                "property_definition": [
                    {"name": "berth", "string": "Berth", "type": "char"},
                    {"name": "skipper", "string": "Skipper", "type": "many2one", "comodel": "res.users",
                     "domain": f"[('sale_team_id', '=', {cls.team.id})]", "default": cls.user_own.id},
                ],
                "client_property_names": ["berth"],
                "transition_ids": [
                    Command.create({"from_stage_id": cls.asked.id, "to_stage_id": cls.out.id}),
                    Command.create({"from_stage_id": cls.out.id, "to_stage_id": cls.drifted.id,
                                    "group_ids": [Command.link(manager.id)]}),
                ],
            }
        )  # fmt: skip
        cls.charter = cls.boats.copy({"name": "Charter", "next_type_id": cls.boats.id, "sequence": 1})
        cls.boats.with_context(lang="it_IT").name = "Noleggio barche"
        cls.env["crm.stage.escalation"].create({"stage_id": cls.asked.id, "days": 2, "action": "abandon"})
        cls.outcome = cls.env["crm.call.outcome"].create(
            {"name": "Seasick", "kind": "negative", "company_id": company.id, "stage_id": cls.drifted.id,
             "lost_reason_id": cls.reason.id}
        )  # fmt: skip
        cls.busy = cls.env["crm.call.outcome"].create(
            {"name": "At sea", "kind": "recall", "company_id": company.id, "sequence": 1, "retry_minutes": "30,60",
             "when_exhausted": "outcome", "exhausted_outcome_id": cls.outcome.id}
        )  # fmt: skip
        cls.skipper = cls.user_other_company
        cls.rule = cls.env["crm.assignment.rule"].create(
            {"name": "Boats", "company_id": company.id, "team_id": cls.team.id,
             "domain": f'["|", ("lead_type_id", "=", {cls.boats.id}), ("user_id", "in", [{cls.skipper.id}])]',
             "member_ids": [Command.create({"user_id": cls.skipper.id, "weight": 3})]}
        )  # fmt: skip
        cls.channel = cls.env["crm.intake.channel"].create(
            {"name": "Harbour", "code": "harbour", "company_id": company.id, "lead_type_id": cls.boats.id,
             "source_id": cls.env["utm.source"].create({"name": "Harbour office"}).id, "user_id": cls.skipper.id,
             "mapping_ids": [
                 Command.create({"path": "who", "target": "contact_name", "sequence": 1}),
                 Command.create({"path": "where", "target": "property", "property_name": "Berth", "sequence": 2}),
             ]}
        )  # fmt: skip
        cls.channel._new_secret("hmac")
        cls.notice = cls.env["crm.notice"].search([("company_id", "=", company.id), ("event", "=", "overdue")])
        cls.notice.user_ids = cls.skipper
        company.appointment_minutes = 45
        cls._make_lists(company)

    @classmethod
    def _make_lists(cls, company):
        cls.boats.number_template = "BOAT/####"
        cls.pier = cls.env["crm.lead.location"].create({"name": "Old pier", "company_id": company.id})
        cls.radio = cls.env["crm.lead.channel"].create(
            {"name": "Radio", "company_id": company.id, "url": "https://radio.example/{phone}", "icon": "fa-rss"}
        )
        cls.office = cls.channel.source_id
        cls.office.lead_user_id = cls.skipper
        cls.answers = cls.env["crm.lead.sla"].create(
            [
                {"company_id": company.id, "lead_type_id": cls.boats.id, "source_id": cls.office.id,
                 "minutes_within": 5, "minutes_late": 10, "clock": "all"},
                {"company_id": company.id, "minutes_within": 30, "minutes_late": 90},
            ]
        )  # fmt: skip

    def _dialog(self, content=None, company=None, user=None, **values):
        """A dialog of the administrator's, with a file (a dict or bytes)."""
        if content is not None:
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            values = {"operation": "import", "file": base64.b64encode(raw), **values}
        dialogs = self.env["crm.configuration"].with_user(user or self.user_admin)
        return dialogs.create({"company_id": (company or self.other_company).id, **values})

    def _export(self, *names, company=None):
        """The file of a company, as it is written."""
        dialog = self._dialog(company=company)
        if names:
            dialog.part_ids.filtered(lambda part: part.name not in names).is_chosen = False
        dialog.action_export()
        return base64.b64decode(dialog.content)

    def _import(self, content, company=None):
        """Import a file.

        :return: the dialog afterwards
        """
        dialog = self._dialog(content, company)
        dialog.action_import()
        self.env.flush_all()
        self.env.invalidate_all()
        return dialog

    def _file(self, **lists):
        return {"format": 1, "module": "crm_lead_lifecycle", "module_version": "19.0.1.0.0", **lists}

    def _states(self, dialog):
        return {line.name: line.state for line in dialog.line_ids}

    def _forget(self):
        """Take the configuration away again, as if it had never been here."""
        self.rule.unlink()
        self.channel.unlink()
        self.answers.unlink()
        self.pier.unlink()
        self.radio.unlink()
        self.office.unlink()
        self.busy.unlink()
        self.outcome.unlink()
        stages = self.boats.stage_ids
        self.charter.unlink()
        self.boats.unlink()
        stages.unlink()
        self.env.registry.clear_all_caches()
        self.notice.user_ids = False
        self.other_company.appointment_minutes = 60
        self.env.flush_all()
        self.env.invalidate_all()

    @contextmanager
    def assertNothingChanges(self, company=None):
        before = self._export(company=company)
        yield
        self.env.invalidate_all()
        self.assertEqual(self._export(company=company), before)
