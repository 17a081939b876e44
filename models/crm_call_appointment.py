from odoo import fields, models
from odoo.fields import Command


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
        "Length of Appointments", help="Minutes, for agents without a length of their own. 0: as the settings say."
    )


class CrmCall(models.Model):
    """Appointments: a meeting in the agent's calendar, made when the outcome is confirmed and not before."""

    _inherit = "crm.call"

    def _apply_appointment(self, effects, wizard):
        event = self.env["calendar.event"].sudo().with_context(no_mail_to_attendees=True).create(
            wizard._prepare_event_values()
        )  # fmt: skip
        self.env["crm.appointment.slot"].with_user(self.user_id)._book(event)
        self.event_id = event
        self._finish_contact(effects)
