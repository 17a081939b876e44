from datetime import timedelta

from odoo import api, fields, models

# how far ahead a browser knows the call backs of its user, and how many it lists
HORIZON = timedelta(hours=24)
LIMIT = 100
BUS_TYPE = "crm_call_reminder"
REMINDED = {"state", "next_call_at", "recall_user_id"}


class CrmCallEntry(models.Model):
    """Operators are reminded of their private call backs at the time. Their browsers keep the time: they learn what is
    to come when a page is opened, and ask again when the bus tells that something has changed."""

    _inherit = "crm.call.entry"

    @api.model
    @api.readonly
    def get_reminders(self):
        """The user's private call backs that are due or come within a day, and how many public ones are due.

        :return: dict of ``recalls``, a list of dicts of ``id``, ``customer``, ``phone``, ``lead_number`` and ``at``
            (UTC), by their time, and ``open_count``; both end at ``LIMIT``
        """
        now = fields.Datetime.now()
        own = [
            ("state", "=", "waiting"),
            ("recall_user_id", "=", self.env.uid),
            ("next_call_at", "<=", now + HORIZON),
        ]
        for_all = [("is_own_recall", "=", True), ("recall_user_id", "=", False), ("next_call_at", "<=", now)]
        return {
            "recalls": [
                {
                    "id": entry.id,
                    "customer": entry.customer_name,
                    "phone": entry.lead_phone or "",
                    "lead_number": entry.lead_number or "",
                    "at": fields.Datetime.to_string(entry.next_call_at),
                }
                for entry in self.search(own, order="next_call_at, id", limit=LIMIT)
            ],
            "open_count": self.search_count(for_all, limit=LIMIT),
        }

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._tell_owners({})
        return entries

    def write(self, vals):
        if REMINDED.isdisjoint(vals):
            return super().write(vals)
        before = self._map_reminders()
        res = super().write(vals)
        self._tell_owners(before)
        return res

    def _map_reminders(self):
        """
        :return: ``{entry: (operator, time)}`` of those of which an operator is reminded
        """
        return {
            entry: (entry.recall_user_id, entry.next_call_at)
            for entry in self.sudo()
            if entry.state == "waiting" and entry.recall_user_id
        }

    def _tell_owners(self, before):
        """Tell operators whose call backs are others than ``before``, once this transaction is committed."""
        changed = before.items() ^ self._map_reminders().items()
        owners = self.env["res.users"].sudo().union(*(user for _entry, (user, _at) in changed))
        owners._bus_send(BUS_TYPE, {})
