from odoo import models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _load_module_terms(self, modules, langs, overwrite=False):
        """A language that is added later translates the presets that were loaded before."""
        res = super()._load_module_terms(modules, langs, overwrite=overwrite)
        if "crm_lead_lifecycle" in modules and "crm.lead.type" in self.env:
            lead_types = self.env["crm.lead.type"].sudo().with_context(active_test=False)
            lead_types.search([("preset_key", "!=", False)])._translate_preset()
        return res
