from odoo import fields, models
from odoo.tools import format_datetime, format_time


class CrmCallEntry(models.Model):
    """Why it is a contact's turn, and moments in words."""

    _inherit = "crm.call.entry"

    def _get_turn(self, user, now):
        """Why it is this contact's turn with ``user``, as a sentence."""
        entry = self.sudo()
        due, owner = entry.next_call_at, entry.recall_user_id
        if not due:
            values = {"time": entry._tell(entry.date_queued, now), "priority": entry.priority}
            if entry.attempts:
                return self.env._("Back in line since %(time)s.", **values)
            if entry.priority:
                return self.env._("Fresh contact of priority %(priority)s, in line since %(time)s.", **values)
            return self.env._("Fresh contact, in line since %(time)s.", **values)
        values = {"time": entry._tell(due, now), "user": owner.name}
        if due > now:
            return self.env._("Taken before its time: it is due at %(time)s.", **values)
        if not entry.is_recall:
            return entry._tell_attempt(now)
        if not owner:
            return self.env._("A call back that anybody may make is due since %(time)s.", **values)
        if owner != user:
            return self.env._(
                "The call back of %(user)s, which is open to others by now, is due since %(time)s.", **values
            )
        if user == self.env.user:
            return self.env._("Your call back is due since %(time)s.", **values)
        return self.env._("The call back of %(user)s is due since %(time)s.", **values)

    def _tell_attempt(self, now):
        """Which attempt this is, and of how many if the calls go on ending like the last one."""
        last = self.call_ids[:1]
        outcome = last.outcome_id
        if not last:
            return self.env._("The next attempt is due since %(time)s.", time=self._tell(self.next_call_at, now))
        same = len(self.call_ids.filtered(lambda call: call.outcome_id == outcome))
        limits = (outcome.max_attempts and self.attempts - same + outcome.max_attempts, self.campaign_id.max_calls)
        values = {
            "number": self.attempts + 1,
            "total": min(filter(None, limits), default=None),
            "outcome": outcome.name,
            "time": self._tell(last.date_end, now),
        }
        if values["total"]:
            return self.env._("Attempt %(number)s of %(total)s, after “%(outcome)s” at %(time)s.", **values)
        return self.env._("Attempt %(number)s, after “%(outcome)s” at %(time)s.", **values)

    def _tell(self, moment, now, zone=None):
        """A moment (UTC) as the user's language writes it, by the user's clock or that of ``zone``; without the date if
        it is today."""
        zone = zone or str(self.env.tz)

        def day(instant):
            return fields.Datetime.context_timestamp(self.with_context(tz=zone), instant).date()

        if day(moment) == day(now):
            return format_time(self.env, moment, tz=zone, time_format="short")
        return format_datetime(self.env, moment, tz=zone, dt_format="short")

    def _tell_by_both_clocks(self, moment, now):
        """As :meth:`_tell`, with the customer's clock where it differs: of several the slowest and the fastest."""
        own = self._tell(moment, now)
        zones = sorted(
            self.zone_id._get_names(),
            key=lambda zone: fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).replace(tzinfo=None),
        )
        times = {self._tell(moment, now, zone): zone for zone in (zones[0], zones[-1])}
        if list(times) == [own]:
            return own
        return self.env._(
            "%(time)s (for the customer %(times)s)",
            time=own,
            times=" – ".join(
                self.env._("%(time)s in %(place)s", time=time, place=zone.rpartition("/")[2].replace("_", " "))
                for time, zone in times.items()
            ),
        )
