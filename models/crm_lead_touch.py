from odoo import api, fields, models
from odoo.tools import SQL

# what somebody does with a lead that is logged anyway
TOUCHING_KINDS = frozenset({"stage", "conclude", "restore", "succeed", "call", "dial", "appointment"})
# of messages that somebody writes; notes go to colleagues, and what is sent by itself has other types
TOUCHING_MESSAGES = frozenset({"comment", "email", "email_outgoing", "sms"})


class CrmLead(models.Model):
    """First touch: when a person first did something with the lead: moved it on, called, wrote, met the customer or
    finished an activity. It is stamped once and stays."""

    _inherit = "crm.lead"

    date_first_touch = fields.Datetime(
        "First Touch",
        readonly=True,
        copy=False,
        help="When somebody first moved the lead on, called, wrote, met the customer or finished an activity.",
    )

    # what waits for its first touch, for jobs that look whether it has waited too long
    _untouched_idx = models.Index(
        "(lead_type_id, create_date) WHERE date_first_touch IS NULL AND stage_type = 'open' AND active IS TRUE"
    )

    def _touch(self):
        """Stamp the first touch of those of these leads that a person touches now for the first time; machines and
        configured rules touch nothing."""
        if not self.ids or not self._is_person() or self._is_by_rule():
            return
        self.flush_recordset(["date_first_touch"])
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET date_first_touch = %s WHERE id = ANY(%s) AND date_first_touch IS NULL",
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_recordset(["date_first_touch"], flush=False)

    def _message_post_after_hook(self, message, msg_vals):
        """Whoever of the company writes to the customer touches the lead, also in a mail that comes through the
        gateway."""
        is_outgoing = (
            message.message_type in TOUCHING_MESSAGES
            and not message.is_internal
            and not message.subtype_id.internal
            and message.author_id.sudo().user_ids.filtered(lambda user: user.active and not user.share)
        )
        if is_outgoing:
            author = is_outgoing[0]
            self.with_user(author).with_context(lead_machine=None)._touch()
        return super()._message_post_after_hook(message, msg_vals)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    @api.model
    def _log_many(self, events):  # pylint: disable=missing-return
        super()._log_many(events)
        touched = [lead.id for kind, lead, _data in events if kind in TOUCHING_KINDS]
        self.env["crm.lead"].browse(touched)._touch()


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        lead_ids = self.filtered(lambda activity: activity.res_model == "crm.lead").mapped("res_id")
        done = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        self.env["crm.lead"].browse(filter(None, lead_ids))._touch()
        return done


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        meetings = super().create(vals_list)
        self.env["crm.lead"].browse(meetings.sudo().opportunity_id.ids)._touch()
        return meetings
