from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """The lead types of other companies have no menu, nor has a type that is the only one. Odoo shows its leads to
        everybody who sees this application and uses them; who only calls has none."""
        lead_types = self.env["crm.lead.type"]
        visible = lead_types._get_visible_types()
        hidden = lead_types.sudo().with_context(active_test=False).search([("menu_id", "!=", False)])
        if len(visible) > 1:
            hidden -= visible
        menus = hidden.menu_id
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            menus |= self.env.ref("crm.crm_menu_leads", raise_if_not_found=False) or menus
        return [*super()._load_menus_blacklist(), *menus.ids]

    def _filter_broken(self):
        """The menus whose action somebody deleted."""
        return self.filtered(lambda menu: not (menu.action and menu.action.exists()))

    def _unlink_with_action(self):
        """Delete the menus of lead types, along with the actions that were made for them."""
        actions = self.env["ir.actions.act_window"].browse(menu.action.id for menu in self - self._filter_broken())
        self.unlink()
        actions.unlink()
