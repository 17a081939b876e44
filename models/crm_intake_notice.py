from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .res_users_notice import notice_choice

SEE_TO = ("failed", "quarantined")
# after which a run of trouble that nobody has ended is told once more
REMINDER = timedelta(days=1)


class CrmNotice(models.Model):
    """Who is told that requests wait for somebody: about a channel, not about leads."""

    _inherit = "crm.notice"

    event = fields.Selection(
        selection_add=[("intake", "Request failed or quarantined")], ondelete={"intake": "cascade"}
    )
    to_salesperson = fields.Boolean(
        help="Whose lead it is; of a call back, who makes it; of requests, who is responsible for their channel."
    )

    @api.model
    def _get_default_roles(self):
        return {**super()._get_default_roles(), "intake": {"to_salesperson": True}}


class ResUsers(models.Model):
    _inherit = "res.users"

    notice_intake = notice_choice("Request Failed or Quarantined")


class CrmIntakeChannel(models.Model):
    """Who is responsible for a channel is told once when requests begin to wait, not for each of them."""

    _inherit = "crm.intake.channel"

    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user.filtered("active"),
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        ondelete="set null",
        help="Is told when requests fail or wait in quarantine, if the notices say so.",
    )
    date_told = fields.Datetime("Told of Trouble", readonly=True, copy=False, export_string_translation=False)

    @api.model
    def _tell_trouble(self):
        """Tell of channels where requests wait that nobody was told of yet. A run of trouble ends when none waits any
        more; one that lasts is told again after a day, if more has come."""
        requests = self.env["crm.intake.request"].sudo()
        waiting = Domain("state", "in", SEE_TO) & Domain("is_erased", "=", False)
        rows = requests._read_group(waiting, ["channel_id"], ["__count", "date:max"])
        troubled = {channel: (count, last) for channel, count, last in rows if channel.active}
        over = Domain("date_told", "!=", False) & Domain("id", "not in", [channel.id for channel in troubled])
        self.sudo().with_context(active_test=False).search(over).date_told = False
        now = fields.Datetime.now()
        for channel, (count, last) in troubled.items():
            told = channel.date_told
            if not told or (told < now - REMINDER and last > told):
                channel.date_told = now
                channel._send_trouble(count)

    def _send_trouble(self, count):
        for receiver in self._get_trouble_receivers():
            channel = self.with_context(lang=receiver._get_language())
            body = channel.env["ir.qweb"]._render(
                "crm_lead_lifecycle.crm_intake_trouble", {"name": self.name, "count": count}, minimal_qcontext=True
            )
            channel.env["mail.thread"].message_notify(
                partner_ids=receiver.partner_id.ids,
                author_id=self.env.ref("base.partner_root").id,
                subject=channel.env._("Requests to see to: %(channel)s", channel=self.name),
                body=channel.env["mail.render.mixin"]._replace_local_links(body),
                email_layout_xmlid="mail.mail_notification_layout",
                model_description=channel.env._("Intake Channel"),
                email_add_signature=False,
                force_send=False,
            )

    def _get_trouble_receivers(self):
        """By the matrix, as of leads: the leader is that of the channel's team. Who may not see the requests is not
        told of them.

        :return: res.users
        """
        notice = self.env["crm.notice"].sudo().search(
            [("company_id", "=", self.company_id.id), ("event", "=", "intake")]
        )  # fmt: skip
        owner = self.user_id
        if not notice:
            return owner.browse()
        receivers = notice._get_receivers(self, owner, owner._filter_absent(self.company_id))
        return receivers.filtered(self._is_managed_by)


class CrmIntakeRequest(models.Model):
    _inherit = "crm.intake.request"

    @api.model
    def _cron_finish(self):  # pylint: disable=missing-return
        super()._cron_finish()
        self.env["crm.intake.channel"]._tell_trouble()
