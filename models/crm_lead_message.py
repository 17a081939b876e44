from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

# of crm_sms: Odoo's own dialog knows neither the conversation nor consents
STOCK_SMS_ACTIONS = (
    "crm_sms.crm_lead_act_window_sms_composer_single",
    "crm_sms.crm_lead_act_window_sms_composer_multi",
)


class CrmLead(models.Model):
    """Reaching the customer of a lead by the channels of ``crm.lead.channel``."""

    _inherit = "crm.lead"

    channel_ids = fields.Many2many(
        "crm.lead.channel",
        string="Reach By",
        compute="_compute_channel_ids",
        help="How the customer of this lead can be reached besides mail.",
    )

    @api.depends("phone", "phone_sanitized", "partner_id.phone", "client_status", "company_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_channel_ids(self):
        channels = self.env["crm.lead.channel"].search([])  # pylint: disable=no-search-all
        writable = self._origin._filtered_access("write")
        offered = channels._map_offered(self.filtered(lambda lead: lead._origin in writable))
        for lead in self:
            lead.channel_ids = offered.get(lead, channels.browse())

    def action_open_channel(self, channel_id):
        """Reach the customer: call, or open the dialog for what has to be written.

        :param int channel_id: one of ``channel_ids``
        :return: an action
        """
        self.ensure_one()
        self.check_access("write")
        channel = self.env["crm.lead.channel"].browse(channel_id).exists()
        channel.check_access("read")
        if not channel:
            raise UserError(self.env._("This channel is there no more. Load the page again."))
        if channel.kind == "phone":
            return channel._send(self)
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_message_action")
        context = {"dialog_size": "medium", "default_lead_ids": self.ids, "default_channel_id": channel.id}
        return {**action, "name": channel.name, "context": context}

    # ------------------------------------------------------------
    # IN THE PLACE OF ODOO'S DIALOG
    # ------------------------------------------------------------

    @api.model
    def _get_stock_sms_actions(self):
        actions = (self.env.ref(name, raise_if_not_found=False) for name in STOCK_SMS_ACTIONS)
        return {action.id for action in actions if action}

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Buttons for SMS open our dialog."""
        arch, view = super()._get_view(view_id, view_type, **options)
        ours = self.env.ref("crm_lead_lifecycle.crm_lead_message_action", raise_if_not_found=False)
        stock = {str(action_id) for action_id in self._get_stock_sms_actions()}
        for button in arch.iter("button"):
            if ours and button.get("name") in stock:
                button.set("name", str(ours.id))
        return arch, view

    @api.model
    def get_views(self, views, options=None):
        """The menu of a list has our action, and a form its channels."""
        result = super().get_views(views, options)
        stock = self._get_stock_sms_actions()
        for view in result["views"].values():
            actions = view.get("toolbar", {}).get("action", [])
            actions[:] = [action for action in actions if action["id"] not in stock]
        return result

    # ------------------------------------------------------------
    # IN THE CONVERSATION
    # ------------------------------------------------------------

    def _format_conversation(self, messages):
        """Each message also has its ``channel``, in words; empty for those of the page and of mails."""
        rows = super()._format_conversation(messages)
        for row, message in zip(rows, messages, strict=True):
            row["channel"] = message.lead_channel or ""
        return rows

    def _get_message_title(self, message, conversation, ours):
        title = super()._get_message_title(message, conversation, ours)
        return f"{title} ({message.lead_channel})" if message.lead_channel else title

    def _get_notify_valid_parameters(self):
        return super()._get_notify_valid_parameters() | {"by_channel"}

    def _notify_get_recipients(self, message, msg_vals=False, by_channel=False, **kwargs):
        """What went out by a channel goes to nobody by mail."""
        return [] if by_channel else super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind == "dial":
            return self.env._("%(number)s was opened to call", number=data.get("number") or "")
        return super()._get_summary(data, names)


class MailMessage(models.Model):
    _inherit = "mail.message"

    lead_channel = fields.Char(
        groups=NO_ACCESS,
        copy=False,
        export_string_translation=False,
        help="By which channel it went to the customer of a lead, in the words of then.",
    )
