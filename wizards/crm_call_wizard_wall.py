from odoo import api, fields, models


class CrmCallWizard(models.TransientModel):
    """What the wall tells of a call that is going on: that it does, and whether its outcome has been chosen."""

    _inherit = "crm.call.wizard"

    seen_at = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        export_string_translation=False,
        help="When the open dialog was last heard of: it calls once a minute.",
    )
    wrap_up_at = fields.Datetime(
        readonly=True, export_string_translation=False, help="Since when the dialog has an outcome."
    )

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._tell_wall()
        return wizards

    def unlink(self):
        """Confirmed, stopped or long forgotten: in each case the call is over."""
        self._tell_wall()
        return super().unlink()

    def keep_claim(self):
        is_mine = super().keep_claim()
        self.sudo().seen_at = fields.Datetime.now()
        return is_mine

    def tell_wrap_up(self, is_wrapping_up):
        """Called by the open call when an outcome is chosen, and when it is taken away again.

        :param bool is_wrapping_up: whether there is an outcome now
        """
        self.ensure_one()
        self.check_access("write")
        dialog = self.sudo()
        if bool(dialog.wrap_up_at) != bool(is_wrapping_up):
            dialog.wrap_up_at = fields.Datetime.now() if is_wrapping_up else False
            self._tell_wall()

    def _tell_wall(self):
        dialogs = self.sudo()
        companies = [wizard.entry_id.company_id or wizard.lead_id.company_id or self.env.company for wizard in dialogs]
        self.env["crm.call.wall"]._tell(self.env["res.company"].union(*companies))
