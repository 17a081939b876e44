from odoo import fields, models

CHOICES = [("always", "Always"), ("never", "Never")]


def notice_choice(label):
    """The field of a user's own choice about an event.

    :param str label: the event's
    """
    return fields.Selection(
        CHOICES,
        label,
        copy=False,
        help="Always: for leads of yours and of teams that you lead. Empty: as the company has set it.",
    )


class ResUsers(models.Model):
    """Which notices about leads a user wants, whatever the company has set: one field for each event, named after
    it."""

    _inherit = "res.users"

    notice_new = notice_choice("New Lead")
    notice_assigned = notice_choice("Lead Assigned")
    notice_wrote = notice_choice("Customer Wrote")
    notice_accepted = notice_choice("Proposal Accepted")
    notice_overdue = notice_choice("Lead Overdue")
    notice_expired = notice_choice("Lead Expired in Its Stage")
    notice_recall = notice_choice("Private Call Back Due")

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, *self._get_notice_fields()]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, *self._get_notice_fields()]

    def _get_notice_fields(self):
        return [f"notice_{event}" for event in self.env["crm.notice"]._get_events()]
