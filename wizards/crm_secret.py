from odoo import api, fields, models


class CrmSecret(models.TransientModel):
    """A secret in a dialog, to be copied this once: it is nowhere in the database."""

    _name = "crm.secret"
    _description = "Secret Shown Once"

    value = fields.Char("Secret", store=False, readonly=True)
    note = fields.Char(store=False, readonly=True)

    @api.model
    def _show(self, title, value, note):
        """
        :param str title: of the dialog
        :param str value: the secret
        :param str note: what it is for
        :return: the action that shows it
        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_value": value, "default_note": note, "dialog_size": "medium"},
        }
