from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain


class CrmLead(models.Model):
    """The lead's own deadline, and the expiry of its stage (Odoo's rotting)."""

    _inherit = "crm.lead"

    date_due = fields.Datetime(
        "Due",
        copy=False,
        tracking=True,
        help="When the lead should be closed. An open lead is overdue after that; frozen and closed ones never are.",
    )
    is_overdue = fields.Boolean("Overdue", compute="_compute_is_overdue", search="_search_is_overdue")

    _date_due_idx = models.Index("(date_due) WHERE stage_type = 'open' AND active IS TRUE")
    _expiry_idx = models.Index("(stage_id, date_last_stage_update) WHERE stage_type = 'open' AND active IS TRUE")

    # ------------------------------------------------------------
    # DUE DATE
    # ------------------------------------------------------------

    @api.depends("date_due", "stage_type", "active")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for lead in self:
            lead.is_overdue = bool(lead.date_due and lead.active and lead.stage_type == "open" and lead.date_due < now)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        return self._get_past_domain("date_due", fields.Datetime.now())

    def _get_past_domain(self, name, moment):
        """Open leads for which a date has passed."""
        return Domain("active", "=", True) & Domain("stage_type", "=", "open") & Domain(name, "<", moment)

    def _complete_deadlines(self, vals_list):
        """New leads are due by their type."""
        for vals in vals_list:
            if not vals.get("date_due"):
                vals["date_due"] = self.env["crm.lead.type"].browse(vals["lead_type_id"])._get_date_due()

    # ------------------------------------------------------------
    # EXPIRY OF THE STAGE
    # ------------------------------------------------------------

    def _get_rotting_depends_fields(self):
        return [*super()._get_rotting_depends_fields(), "stage_type", "active"]

    def _get_rotting_domain(self):
        """Leads of both types expire; frozen, closed and archived ones do not."""
        return (
            Domain("stage_id.rotting_threshold_days", ">", 0)
            & Domain("date_last_stage_update", "!=", False)
            & Domain("stage_type", "=", "open")
            & Domain("active", "=", True)
        )

    def _search_is_rotting(self, operator, value):
        """The same question as the computed field's, asked for the stages that expire after as many days at once, so
        that it runs through an index instead of reading the ids of all leads, and finds leads of any age."""
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        return self._get_expired_domain(self.env.cr.now())

    @api.model
    def _get_expired_domain(self, moment):
        """Open leads whose stage had expired at a moment (UTC), if they are in it since."""
        stages = (
            self.env["crm.stage"]
            .sudo()
            .with_context(active_test=False)
            .search([("rotting_threshold_days", ">", 0), ("stage_type", "=", "open")])
        )
        expired = Domain.OR(
            Domain("stage_id", "in", of_days.ids) & Domain("date_last_stage_update", "<", moment - timedelta(days=days))
            for days, of_days in stages.grouped("rotting_threshold_days").items()
        )
        return Domain("active", "=", True) & Domain("stage_type", "=", "open") & expired


class CrmLeadType(models.Model):
    _inherit = "crm.lead.type"

    def _get_date_due(self):
        """When a lead that becomes one of this type now is due (UTC), False without a deadline."""
        due_days = self.sudo().due_days
        return fields.Datetime.now() + timedelta(days=due_days) if due_days else False
