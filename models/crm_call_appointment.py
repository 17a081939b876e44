from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, html2plaintext


class CrmCallCampaign(models.Model):
    _inherit = "crm.call.campaign"

    agent_ids = fields.Many2many(
        "res.users",
        "crm_call_campaign_agent_rel",
        "campaign_id",
        "user_id",
        string="Agents",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Who keeps the appointments. Empty: those of the outcome, else every salesperson of the company.",
    )
    has_appointments = fields.Boolean(compute="_compute_has_appointments", export_string_translation=False)

    @api.depends("outcome_ids.kind")
    def _compute_has_appointments(self):
        for campaign in self:
            kinds = campaign.outcome_ids.mapped("kind")
            campaign.has_appointments = not kinds or "appointment" in kinds


class CrmCallOutcome(models.Model):
    _inherit = "crm.call.outcome"

    agent_ids = fields.Many2many(
        "res.users",
        "crm_call_outcome_agent_rel",
        "outcome_id",
        "user_id",
        string="Agents",
        domain="[('share', '=', False)]",
        help="Who keeps the appointments, in campaigns without agents of their own. Empty: every salesperson of the "
        "company.",
    )
    appointment_minutes = fields.Integer(
        "Length of Appointments (Minutes)",
        help="Of agents without a length of their own. 0: as the settings say.",
    )

    _appointment_minutes_possible = models.Constraint(
        "CHECK (appointment_minutes BETWEEN 0 AND 1440)", "An appointment takes up to a day."
    )


class CrmCall(models.Model):
    """Appointments: a meeting in the agent's calendar, made when the outcome is confirmed and not before."""

    _inherit = "crm.call"

    def _apply_appointment(self, effects, wizard):
        self.env["crm.appointment.slot"]._release(self.lead_id)
        self.event_id = self.env["calendar.event"]._make_appointment(wizard._prepare_event_values())
        self._finish_contact(effects)

    def _check_corrected_outcome(self, outcome):  # pylint: disable=missing-return
        """A correction leaves no appointment behind to which the agent would go for nothing."""
        super()._check_corrected_outcome(outcome)
        others = self.filtered(lambda call: call.kind != outcome.kind)
        standing = others.sudo().event_id.filtered(lambda event: event._takes_time() and event._is_upcoming())
        if standing:
            raise UserError(
                self.env._(
                    "The appointment of %(time)s stands. Cancel it before you correct the call.",
                    time=format_datetime(self.env, standing[0].start, dt_format="short"),
                )
            )

    def _prepare_draft_values(self):
        event = self.event_id
        return {
            **super()._prepare_draft_values(),
            "appointment": event
            and {
                "outcome": self.outcome_id,
                "agent": event.user_id,
                "start": event.start,
                "stop": event.stop,
                "location": event.location,
                "notes": html2plaintext(event.notes or ""),
            },
        }
