from odoo import api, models
from odoo.fields import Command, Domain

from ..data.crm_lead_type_presets import PRESETS


class CrmLeadType(models.Model):
    """Ready lead types: each company loads those it needs."""

    _inherit = "crm.lead.type"

    @api.model
    def _load_preset(self, key, company):
        """Load a preset for a company, or find the type that it loaded before.

        :param str key: a key of ``PRESETS``
        :param company: res.company record
        :return: the lead type; as it is if the company had it already, in use again if it was archived
        """
        loaded = self.with_context(active_test=False).search(
            [("preset_key", "=", key), ("company_id", "=", company.id)], limit=1
        )
        if loaded:
            loaded.action_unarchive()
            return loaded
        preset = PRESETS[key]
        stages = self._load_preset_stages(preset)
        lead_type = self.create(self._prepare_preset_values(key, preset, stages, company))
        lead_type._translate_preset()
        for name in preset.get("features", ()):
            group = self.env.ref(f"crm_lead_lifecycle.{name}").sudo()
            self.env.ref("base.group_user").sudo()._apply_group(group)
        # only now, as some fields have a place in the form since
        lead_type.write(self._prepare_preset_form_values(preset))
        return lead_type

    @api.model
    def _load_preset_stages(self, preset):
        """The stages of a preset, those that another company loaded and new ones after all others.

        :return: ``{key: stage}``
        """
        all_stages = self.env["crm.stage"].with_context(active_test=False, default_lead_type_id=False)
        keys = [stage["key"] for stage in preset["stages"]]
        stages = {stage.preset_key: stage for stage in all_stages.search([("preset_key", "in", keys)])}
        all_stages.concat(*stages.values()).active = True
        last = all_stages.search(Domain.TRUE, order="sequence desc", limit=1).sequence
        missing = [stage for stage in preset["stages"] if stage["key"] not in stages]
        created = all_stages.create(
            [
                {
                    **{name: value for name, value in stage.items() if name != "key"},
                    "name": stage["name"]._source,
                    "requirements": stage["requirements"]._translate(self.env.lang or "en_US"),
                    "sequence": last + number,
                    "preset_key": stage["key"],
                }
                for number, stage in enumerate(missing, start=1)
            ]
        )
        stages.update((stage.preset_key, stage.with_env(self.env)) for stage in created)
        return {key: stages[key].with_env(self.env) for key in keys}

    @api.model
    def _prepare_preset_values(self, key, preset, stages, company):
        initial = preset.get("initial") or preset["stages"][0]["key"]
        manager = self.env.ref("sales_team.group_sale_manager")
        moves = [(preset["moves"], []), (preset["manager_moves"], [Command.link(manager.id)])]
        return {
            "name": preset["name"]._source,
            "description": preset["description"]._source,
            "company_id": company.id,
            "preset_key": key,
            "sequence": 100 + list(PRESETS).index(key),
            "color": 1 + list(PRESETS).index(key),
            "due_days": preset["due_days"],
            "contact_required": preset["contact_required"],
            "stage_ids": [Command.set([stage.id for stage in stages.values()])],
            "initial_stage_id": stages[initial].id,
            **{name: stages[stage_key].id for name, stage_key in preset.get("order_stages", {}).items()},
            "property_definition": [
                {**definition, "string": definition["string"]._translate(self.env.lang or "en_US")}
                for definition in preset["properties"]
            ],
            "transition_ids": [
                Command.create(
                    {
                        "from_stage_id": stages[from_key].id,
                        "to_stage_id": stages[to_key].id,
                        "group_ids": group_ids,
                    }
                )
                for targets, group_ids in moves
                for from_key, to_keys in targets.items()
                for to_key in to_keys
            ],
        }

    @api.model
    def _prepare_preset_form_values(self, preset):
        placed = self._get_form_field_names()

        def field_ids(names):
            fields = self.env["ir.model.fields"]._get
            return [Command.set([fields("crm.lead", name).id for name in names if name in placed])]

        return {
            "required_field_ids": field_ids(preset["required"]),
            "hidden_field_ids": field_ids(preset["hidden"]),
        }

    def _translate_preset(self):
        """Names and texts of presets in all languages that are installed, as long as nobody has changed them."""
        stages = self.env["crm.stage"].sudo().with_context(active_test=False).search([("preset_key", "!=", False)])
        stage_names = {stage["key"]: stage["name"] for preset in PRESETS.values() for stage in preset["stages"]}
        for lang, _name in self.env["res.lang"].get_installed():
            for stage in stages.with_context(lang=lang):
                self._translate_term(stage, "name", stage_names.get(stage.preset_key))
            for lead_type in self.with_context(lang=lang).filtered("preset_key"):
                for name in ("name", "description"):
                    self._translate_term(lead_type, name, PRESETS[lead_type.preset_key][name])

    @api.model
    def _translate_term(self, record, name, term):
        """Translate a field into the language of its record's context, unless it has been given a text in it."""
        if term is not None and record[name] == term._source:
            translation = term._translate(record.env.lang)
            if translation != term._source:
                record[name] = translation
