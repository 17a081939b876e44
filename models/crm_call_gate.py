from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from odoo import models
from odoo.tools import SQL

from .call_hours import CallingHours, day_start

# the gates by which a campaign limits how often a contact is called
LIMITS = {"attempts": "max_calls", "day": "max_calls_day", "rolling": "max_calls_24h"}


@dataclass(frozen=True)
class Gate:
    """What keeps a contact from being called now, in words; ``lifts`` is the moment (UTC) when it does so by itself."""

    key: str
    sentence: str
    lifts: datetime | None = None


@dataclass(frozen=True)
class Place:
    """A contact's place in a queue: why it is given to an operator now (``turn``), or what keeps it from that
    (``gates``) and when it can be called at the earliest (UTC), if that can be known."""

    entry: models.BaseModel
    gates: tuple[Gate, ...]
    turn: str
    earliest: datetime | None
    notes: tuple[str, ...] = ()

    @property
    def campaign(self):
        return self.entry.campaign_id

    @property
    def can_be_called(self):
        return not self.gates


class CrmCallCampaign(models.Model):
    _inherit = "crm.call.campaign"

    def _get_gates(self, now):
        """What a contact of these campaigns has to pass beside its turn and its hour, as one condition."""
        limits = frozenset().union(*(campaign._get_rules().limits for campaign in self))
        return SQL(" AND ").join(
            condition
            for gate, condition in self._get_gate_conditions(now).items()
            if gate not in LIMITS or gate in limits
        )

    def _get_gate_conditions(self, now):
        """Gates that the database knows, as conditions under which each is open; without joins, which would take
        longer to plan than to run. ``entry``, ``lead``, ``campaign`` and ``line`` (with the start of the contact's
        day) are the rows asked. Call backs that were agreed are not counted against the limits of a day: it is the
        customer who asked for them.

        :return: ``{key: SQL}``
        """
        return {
            "closed": SQL("lead.active AND lead.won_status IS DISTINCT FROM 'won'"),
            "company": SQL("(entry.campaign_id IS NULL OR COALESCE(lead.company_id = entry.company_id, TRUE))"),
            "blocked": SQL(
                """
                (SELECT blocked.active FROM phone_blacklist blocked
                  WHERE blocked.number = COALESCE(
                        lead.phone_sanitized,
                        (SELECT phone_sanitized FROM res_partner WHERE id = lead.partner_id))) IS NOT TRUE
                """
            ),
            # outside of campaigns somebody has called already, about what the person has asked for again
            "suppressed": SQL("(entry.campaign_id IS NULL OR lead.is_suppressed IS NOT TRUE)"),
            "elsewhere": SQL(
                """
                entry.lead_id <> ALL (ARRAY(SELECT taken.lead_id FROM crm_call_entry taken
                                             WHERE taken.state = 'claimed' AND taken.claimed_until >= %s))
                """,
                now,
            ),
            "attempts": SQL("(COALESCE(campaign.max_calls, 0) = 0 OR entry.attempts < campaign.max_calls)"),
            "day": SQL(
                """
                (entry.is_recall OR COALESCE(campaign.max_calls_day, 0) = 0
                 OR (SELECT count(*) FROM crm_call made
                      WHERE made.lead_id = entry.lead_id AND made.date_start >= line.day_start)
                    < campaign.max_calls_day)
                """
            ),
            "rolling": SQL(
                """
                (entry.is_recall OR COALESCE(campaign.max_calls_24h, 0) = 0
                 OR (SELECT count(*) FROM crm_call made
                      WHERE made.lead_id = entry.lead_id AND made.date_start > %s) < campaign.max_calls_24h)
                """,
                now - timedelta(hours=24),
            ),
        }


class CrmCallEntry(models.Model):
    _inherit = "crm.call.entry"

    def _get_places(self, user, now):
        """Whether each contact would be given to ``user`` at this moment by :meth:`crm.call.campaign._claim_next`.

        :return: list of :class:`Place`
        """
        entries = self.sudo()
        shut = entries._get_shut_gates(now)
        hours = {campaign: campaign._get_hours() for campaign in entries.campaign_id}
        return [
            GateKeeper(entry, user, now, shut[entry.id], hours.get(entry.campaign_id)).get_place() for entry in entries
        ]

    def _get_shut_gates(self, now):
        """
        :return: ``{entry id: set of keys of _get_gate_conditions}``
        """
        campaigns = self.campaign_id
        conditions = campaigns._get_gate_conditions(now)
        self.env.flush_all()
        days = {zone: day_start(now, zone._get_names()) for zone in self.zone_id}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, %s
                  FROM crm_call_entry entry
                  JOIN crm_lead lead ON lead.id = entry.lead_id
                  JOIN unnest(%s::int[], %s::timestamp[]) AS line(zone_id, day_start) ON line.zone_id = entry.zone_id
                  LEFT JOIN crm_call_campaign campaign ON campaign.id = entry.campaign_id
                 WHERE entry.id = ANY(%s)
                """,
                SQL(", ").join(conditions.values()),
                [zone.id for zone in days],
                list(days.values()),
                self.ids,
            )
        )
        return {
            entry_id: {key for key, is_open in zip(conditions, answers, strict=True) if not is_open}
            for entry_id, *answers in rows
        }


class GateKeeper:
    """Asks all gates for one contact, one operator and one moment, and says in words which are shut."""

    def __init__(self, entry, user, now, shut, hours):
        """
        :param entry: single crm.call.entry, as superuser
        :param shut: keys of the gates that the database found shut
        :param hours: the :class:`CallingHours` of its campaign; None outside of campaigns
        """
        self.entry, self.user, self.now, self.shut = entry, user, now, shut
        self.hours = hours or CallingHours()
        self.zones = entry.zone_id._get_names()
        self.campaign, self.lead, self.env = entry.campaign_id, entry.lead_id, entry.env

    def get_place(self):
        gates = tuple(
            gate
            for ask in (
                self._ask_campaign,
                self._ask_user,
                self._ask_state,
                self._ask_turn,
                self._ask_number,
                self._ask_limits,
                self._ask_hours,
            )
            for gate in ask()
        )
        return Place(
            entry=self.entry,
            gates=gates,
            turn="" if gates else self.entry._get_turn(self.user, self.now),
            earliest=self._get_earliest(gates),
            notes=() if self.lead._get_call_number() else (self.env._("There is no valid phone number."),),
        )

    def _get_earliest(self, gates):
        moments = [gate.lifts for gate in gates]
        return self.hours.next_open(max(moments), self.zones) if gates and all(moments) else None

    def _tell(self, moment):
        return self.entry._tell(moment, self.now)

    @cached_property
    def _state(self):
        """The state of the contact, where a call that was left open is over."""
        entry = self.entry
        if entry.state == "claimed" and entry.claimed_until < self.now:
            return "waiting" if entry.next_call_at else "ready"
        return entry.state

    def _ask_campaign(self):
        campaign = self.campaign
        if not campaign:
            return
        if not campaign.active:
            yield Gate("campaign", self.env._("“%(campaign)s” is archived.", campaign=campaign.name))
        elif campaign.state == "draft":
            yield Gate("campaign", self.env._("“%(campaign)s” has not been started.", campaign=campaign.name))
        elif campaign.state == "paused":
            yield Gate("campaign", self.env._("“%(campaign)s” is paused.", campaign=campaign.name))
        elif campaign.state == "done":
            yield Gate("campaign", self.env._("“%(campaign)s” is finished.", campaign=campaign.name))

    def _ask_user(self):
        campaign, company, user = self.campaign, self.entry.company_id, self.user
        is_own = self.entry.recall_user_id == user and not campaign
        if company and company not in user.company_ids and not is_own:
            sentence = self.env._("%(user)s does not work for %(company)s.", user=user.name, company=company.name)
        elif not campaign.user_ids or user in campaign.user_ids:
            return
        elif user == self.env.user:
            sentence = self.env._("You are no operator of “%(campaign)s”.", campaign=campaign.name)
        else:
            sentence = self.env._("%(user)s is no operator of “%(campaign)s”.", user=user.name, campaign=campaign.name)
        yield Gate("operator", sentence)

    def _ask_state(self):
        entry = self.entry
        if "closed" in self.shut:
            yield Gate("closed", self.env._("The lead is closed."))
        elif "company" in self.shut:
            yield Gate("company", self.env._("The lead belongs to another company than the campaign."))
        elif self._state == "excluded":
            sentence = {
                "hand": self.env._("Taken out by hand."),
                "do_not_call": self.env._("Taken out: the customer does not want to be called."),
                "suppressed": self.env._("Taken out: the customer asked to be erased."),
                "closed": self.env._("Taken out: the lead was closed."),
                "company": self.env._("Taken out: the lead went to another company."),
            }[entry.exclusion or "hand"]
            yield Gate("excluded", sentence)
        if self._state == "done":
            last = entry.call_ids[:1]
            values = {"outcome": last.outcome_id.name, "time": last and self._tell(last.date_end)}
            yield Gate(
                "done", self.env._("Done: “%(outcome)s” at %(time)s.", **values) if last else self.env._("Done.")
            )
        if self._state == "claimed":
            yield self._get_claim_gate(entry)
        elif "elsewhere" in self.shut:
            elsewhere = self.lead.call_entry_ids.filtered(
                lambda other: other.state == "claimed" and other.claimed_until >= self.now
            )
            yield self._get_claim_gate(elsewhere.sorted("claimed_until")[-1])

    def _get_claim_gate(self, taken):
        values = {"user": taken.claimed_by_id.name, "time": self._tell(taken.claimed_until)}
        if taken.claimed_by_id == self.env.user:
            sentence = self.env._(
                "You are in a call with the customer. If you leave it open it ends at %(time)s.", **values
            )
        else:
            sentence = self.env._(
                "%(user)s is in a call with the customer, until %(time)s if it is left open.", **values
            )
        return Gate("claimed", sentence, taken.claimed_until + timedelta(seconds=1))

    def _ask_turn(self):
        entry = self.entry
        if self._state != "waiting":
            return
        due = max(entry.next_call_at, entry.date_queued)
        if due > self.now:
            time = entry._tell_by_both_clocks(due, self.now)
            if entry.is_recall:
                sentence = self.env._("The call back is due at %(time)s.", time=time)
            else:
                sentence = self.env._("It is tried again at %(time)s.", time=time)
            yield Gate("waits", sentence, due)
        owner = entry.recall_user_id
        if owner == self.user or not entry._takes_calls(owner):
            return
        minutes = (entry.company_id or self.env.company).call_release_minutes
        release = minutes and entry.next_call_at + timedelta(minutes=minutes)
        values = {"user": owner.name, "time": release and self._tell(release)}
        if not release:
            yield Gate("owner", self.env._("Only %(user)s calls back.", **values))
        elif release > self.now:
            yield Gate("owner", self.env._("Only %(user)s calls back, others from %(time)s.", **values), release)

    def _ask_number(self):
        if "blocked" in self.shut:
            yield Gate("blocked", self.lead._get_call_block_notice())
        if "suppressed" in self.shut:
            yield Gate("suppressed", self.lead._get_suppression_notice(is_answer=False))

    def _ask_limits(self):
        campaign, entry = self.campaign, self.entry
        if "attempts" in self.shut:
            values = {"count": entry.attempts, "limit": campaign.max_calls}
            yield Gate(
                "attempts", self.env._("%(count)s of %(limit)s calls made, as many as the campaign allows.", **values)
            )
        if "day" in self.shut:
            call = self._get_last_call(campaign.max_calls_day)
            lifts = max(self._get_day_after(call, zone) for zone in self.zones)
            values = {"limit": campaign.max_calls_day, "time": entry._tell_by_both_clocks(lifts, self.now)}
            yield Gate(
                "day", self.env._("The limit of calls a day is %(limit)s: the next from %(time)s.", **values), lifts
            )
        if "rolling" in self.shut:
            lifts = self._get_last_call(campaign.max_calls_24h) + timedelta(hours=24)
            values = {"limit": campaign.max_calls_24h, "time": self._tell(lifts)}
            yield Gate(
                "rolling",
                self.env._("The limit of calls in 24 hours is %(limit)s: the next from %(time)s.", **values),
                lifts,
            )

    def _get_last_call(self, number):
        """When the last call but some began: the one that makes the limit full."""
        return self.lead.call_ids[number - 1].date_start

    @staticmethod
    def _get_day_after(moment, zone):
        # no day has 36 hours, no two have fewer
        return day_start(day_start(moment, (zone,)) + timedelta(hours=36), (zone,))

    def _ask_hours(self):
        hours, entry = self.hours, self.entry
        if hours.is_open(self.now, self.zones):
            return
        opens = hours.next_open(self.now, self.zones)
        time = opens and entry._tell_by_both_clocks(opens, self.now)
        of_week = CallingHours([(weekday, start / 60, end / 60) for weekday, start, end in hours.windows])
        key = "holiday" if of_week.is_open(self.now, self.zones) else "hours"
        if not opens:
            sentence = self.env._("Outside the calling hours, and there are none in the next 60 days.")
        elif key == "holiday":
            sentence = self.env._("A public holiday. Calls go on at %(time)s.", time=time)
        else:
            sentence = self.env._("Outside the calling hours, which begin at %(time)s.", time=time)
        yield Gate(key, sentence, opens)
