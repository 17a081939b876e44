from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..models.crm_lead_event import CLIENT_KINDS

LAST = 10


class CrmCallWizard(models.TransientModel):
    """What the dialog of a call shows beside what is typed into it."""

    _inherit = "crm.call.wizard"

    retry_at = fields.Datetime(
        "Tried Again At",
        compute="_compute_retry_at",
        compute_sudo=True,
        help="When the contact is called again by itself if nobody was reached; empty after the last attempt.",
    )

    @api.depends("outcome_id", "entry_id")
    def _compute_retry_at(self):
        for wizard in self:
            outcome, entry = wizard.outcome_id, wizard.entry_id
            attempts = entry.call_ids.filtered(lambda call, outcome=outcome: call.outcome_id == outcome)
            wizard.retry_at = wizard.is_retry and entry._get_retry_at(outcome, len(attempts) + 1, fields.Datetime.now())

    def get_details(self):
        """Who is called and what is known about them, for the dialog.

        :return: dict that JSON can hold; moments are strings in UTC
        :raise AccessError: for a lead that the user neither sees nor has taken
        """
        self.ensure_one()
        self.check_access("read")
        self._check_lead_access()
        lead = self.lead_id.sudo()
        return {
            "lead_id": lead.id,
            "entry_id": self.sudo().entry_id.id,
            "campaign": self.sudo().campaign_id.name,
            "name": lead._get_customer_name(),
            "lead_name": lead.name,
            "number": lead.number,
            "phones": self._get_phones(lead),
            "time_zone": self.time_zone,
            "city": self.time_zone.rpartition("/")[2].replace("_", " "),
            "why": self.reason,
            "request": lead.request,
            "outcomes": [
                {"id": outcome.id, "name": outcome.name, "color": outcome.color, "is_quick": outcome.is_quick}
                for outcome in self.available_outcome_ids
            ],
            "choices": {
                step.id: [{"id": choice.id, "name": choice.name} for choice in step.choice_ids]
                for step in self.sudo().campaign_id.step_ids
            },
            "recall_choices": self._get_recall_choices(),
            "calls": self._get_last_calls(lead),
            "proposals": self._get_open_proposals(lead),
            "history": self._get_history(lead),
        }

    def _get_phones(self, lead):
        """The numbers of the customer, each once: the lead's, the client's and the client's further ones, if the user
        may see those. A blocked one has no link to call it by.

        :return: list of dicts ``phone``, ``label``, ``link``
        """
        client = lead.partner_id
        found = [(lead.phone, lead.phone_sanitized, ""), (client.phone, client.phone_sanitized, "")]
        if lead.with_env(self.env)._may_see_clients() and client.with_env(self.env).has_access("read"):
            found += [(line.phone, line.phone_sanitized, line.label or "") for line in client.client_phone_ids]
        numbers = {}
        for phone, sanitized, label in found:
            if phone:
                dialled = sanitized or "".join(char for char in phone if char.isdigit() or char == "+")
                numbers.setdefault(dialled, (phone, label))
        blocked = set(self.env["phone.blacklist"].sudo().search([("number", "in", list(numbers))]).mapped("number"))
        return [
            {"phone": phone, "label": label, "link": dialled not in blocked and f"tel:{dialled}"}
            for dialled, (phone, label) in numbers.items()
        ]

    def _get_last_calls(self, lead):
        calls = self.env["crm.call"].sudo().search([("lead_id", "=", lead.id)], limit=LAST)
        return [
            {
                "id": call.id,
                "date": fields.Datetime.to_string(call.date_start),
                "user": call.user_id.name,
                "outcome": call.outcome_id.name,
                "color": call.outcome_id.color,
                "notes": call.notes,
            }
            for call in calls
        ]

    def _get_history(self, lead):
        """What else happened, less what was decided about clients for who may not see them; calls have a list of their
        own."""
        hidden = ["call"] if lead.with_env(self.env)._may_see_clients() else ["call", *CLIENT_KINDS]
        domain = [("lead_id", "=", lead.id), ("kind", "not in", hidden)]
        return [
            {"date": fields.Datetime.to_string(event.date), "text": event.summary, "user": event.user_id.name}
            for event in self.env["crm.lead.event"].sudo().search(domain, limit=LAST)
            if event.summary
        ]

    def _get_open_proposals(self, lead):
        orders = lead.order_ids.filtered(lambda order: order.state in ("draft", "sent"))
        return [
            {
                "id": order.id,
                "name": order.name,
                "state": dict(order._fields["state"]._description_selection(self.env))[order.state],
                "amount": formatLang(self.env, order.amount_total, currency_obj=order.currency_id),
            }
            for order in orders
        ]

    def _get_recall_choices(self):
        """Times to propose for a call back, within the hours in which the customer may be called.

        :return: list of dicts ``label`` and by the customer's clock ``date``, ``hour``; ``at`` is in UTC
        """
        entry, now = self.sudo().entry_id, fields.Datetime.now()
        # nobody agrees on 5:08
        now += -timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond) % timedelta(minutes=5)
        hours = entry.campaign_id._get_hours()
        zones = entry.zone_id._get_names() if entry.zone_id else (self.time_zone,)
        today = self._to_local(now)

        def at(days, hour):
            return self._from_local((today + timedelta(days=days)).date(), hour)

        hour_now = today.hour + today.minute / 60
        wishes = [
            (self.env._("In 1 hour"), now + timedelta(hours=1), now + timedelta(hours=1, minutes=1)),
            (self.env._("This afternoon"), max(at(0, 15), now + timedelta(hours=2)), at(0, 19)),
            (self.env._("Tomorrow morning"), at(1, 10), at(1, 13)),
            (self.env._("In a week"), at(7, hour_now), at(8, 0)),
        ]
        choices = []
        for label, wanted, stop in wishes:
            opens = hours.next_open(wanted, zones)
            if opens and opens < stop:
                local = self._to_local(opens)
                choices.append(
                    {
                        "label": label,
                        "date": fields.Date.to_string(local),
                        "hour": local.hour + local.minute / 60,
                        "at": fields.Datetime.to_string(opens),
                    }
                )
        return choices

    def keep_claim(self):
        """Hold on to the contact while its call is open: the dialog asks for it once a minute. One whose time has run
        out, as on a computer that was asleep, is taken again if nobody else was faster.

        :return: whether the contact is still the user's; always for a call outside of the queues
        """
        self.ensure_one()
        self.check_access("read")
        entry = self.sudo().entry_id
        if not entry or self.env["crm.call.entry"]._prolong_claim(entry.id):
            return True
        entry._lock()
        lapsed = entry.state in ("ready", "waiting") and entry.claimed_by_id == self.env.user
        if lapsed and entry.attempts == self.attempts:
            entry.with_env(self.env)._claim()
            return True
        return False
