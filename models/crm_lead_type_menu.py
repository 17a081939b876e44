from odoo import api, fields, models
from odoo.fields import Command


class CrmLeadType(models.Model):
    """A menu for each lead type, that opens its pipeline."""

    _inherit = "crm.lead.type"

    menu_id = fields.Many2one(
        "ir.ui.menu",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="base.group_system",
        export_string_translation=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        lead_types = super().create(vals_list)
        lead_types._sync_menus()
        return lead_types

    def write(self, vals):
        res = super().write(vals)
        if {"name", "sequence", "active", "company_id"} & vals.keys():
            self._sync_menus()
        return res

    def update_field_translations(self, field_name, translations, source_lang=""):
        res = super().update_field_translations(field_name, translations, source_lang=source_lang)
        self._sync_menus()
        return res

    def unlink(self):
        menus = self.sudo().menu_id
        res = super().unlink()
        menus._unlink_with_action()
        return res

    @api.model
    def _sync_all_menus(self):
        """Called by the data file of the menus, for the types that were there before them."""
        self.with_context(active_test=False).search([("menu_id", "=", False)])._sync_menus()

    def _sync_menus(self):
        """Give each type a menu of its name, in all languages."""
        parent = self.env.ref("crm_lead_lifecycle.crm_lead_menu_types", raise_if_not_found=False)
        if not parent:  # the menus are not installed yet
            return
        lead_types = self.sudo()
        lead_types.menu_id._filter_broken().unlink()
        for lead_type in lead_types.filtered(lambda lead_type: not lead_type.menu_id):
            action = self.env["ir.actions.act_window"].sudo().create(lead_type._prepare_menu_action_values())
            for view in self.env.ref("crm_lead_lifecycle.crm_lead_action_desk").sudo().view_ids:
                view.copy({"act_window_id": action.id, "sequence": 0 if view.view_mode == "kanban" else view.sequence})
            lead_type.menu_id = (
                self.env["ir.ui.menu"]
                .sudo()
                .create(
                    {
                        "name": lead_type.name,
                        "parent_id": parent.id,
                        "action": f"{action._name},{action.id}",
                        "group_ids": [Command.link(self.env.ref("crm_lead_lifecycle.group_lead_types").id)],
                    }
                )
            )
        languages = {"en_US", *(code for code, _name in self.env["res.lang"].get_installed())}
        for lead_type in lead_types:
            menu = lead_type.menu_id
            menu.write({"sequence": lead_type.sequence, "active": lead_type.active})
            stored_names = self._fields["name"]._get_stored_translations(lead_type)
            names = {language: stored_names.get(language) for language in languages}
            for record in (menu, menu.action):
                record.update_field_translations("name", names)

    def _prepare_menu_action_values(self):
        """The pipeline of one type."""
        desk = self.env.ref("crm_lead_lifecycle.crm_lead_action_desk").sudo()
        return {
            "name": self.name,
            "res_model": "crm.lead",
            "view_mode": "kanban,list,form,pivot,graph,calendar,activity",
            "search_view_id": desk.search_view_id.id,
            "domain": f"[('lead_type_id', '=', {self.id})]",
            "context": f"{{'default_lead_type_id': {self.id}}}",
            "help": desk.help,
        }

    def action_open_pipeline(self):
        """Open the leads of this type, by stage."""
        self.ensure_one()
        return {**self._get_menu_action()._get_action_dict(), "target": "main"}

    def _get_menu_action(self):
        """The action of this type's menu, both made anew should somebody have deleted them."""
        menu = self.sudo().menu_id
        if not menu or menu._filter_broken():
            self._sync_menus()
        return self.sudo().menu_id.action

    @api.model
    def _get_visible_types(self):
        """The active types of the user's companies, in their order."""
        companies = self.env.user.company_ids.ids
        return self.sudo().search([("company_id", "in", [*companies, False])])
