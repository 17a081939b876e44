from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import LeadCase

# all that a call may leave behind
TABLES = (
    "crm.call",
    "crm.call.answer",
    "crm.call.wizard",
    "crm.call.wizard.answer",
    "crm.lead.event",
    "sale.order",
    "calendar.event",
    "crm.appointment.slot",
    "mail.activity",
    "mail.message",
    "phone.blacklist",
)


class CallCase(LeadCase):
    """Two operators and a coordinator, a running campaign with three contacts, and the outcomes that ship."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def user(login, group, companies=cls.company):
            return new_test_user(
                cls.env,
                login,
                f"crm_lead_lifecycle.group_call_{group}",
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
                tz="Europe/Rome",
            )

        cls.operator = user("call_operator", "operator")
        cls.rival = user("call_rival", "operator")
        cls.coordinator = user("call_coordinator", "coordinator")
        cls.agent = new_test_user(
            cls.env, "call_agent", "sales_team.group_sale_salesman", name="Gianni", tz="Europe/Rome"
        )  # fmt: skip
        cls.operator_other_company = user("call_other", "operator", cls.other_company)
        for name in (
            "sale",
            "appointment",
            "recall",
            "no_answer",
            "busy",
            "not_interested",
            "wrong_number",
            "do_not_call",
            "unreachable",
        ):
            setattr(cls, name, cls.env.ref(f"crm_lead_lifecycle.crm_call_outcome_{name}"))
        cls.leads = cls.env["crm.lead"].create(
            [
                {"name": f"Pitch {number}", "phone": f"+39 333 12340{number:02d}", "user_id": False, "type": "lead"}
                for number in range(3)
            ]
        )
        # those of the demo data are not given to ours
        cls.env["crm.call.entry"].search([]).state = "done"
        cls.campaign = cls._campaign()
        cls.entries = cls.campaign.add_leads(cls.leads)

    @classmethod
    def _campaign(cls, leads=None, **values):
        """A campaign that runs at any hour, with both operators."""
        campaign = cls.env["crm.call.campaign"].create(
            {
                "name": "Summer",
                "user_ids": [Command.set((cls.operator + cls.rival).ids)],
                "state": "running",
                "skip_holidays": False,
                **values,
            }
        )
        if leads:
            campaign.add_leads(leads)
        return campaign

    def _claim(self, user=None, campaign=None):
        """The contact that is given to ``user`` (default: the operator) next, for the test to look at."""
        user = user or self.operator
        return (campaign or self.campaign).with_user(user)._claim_next(user).sudo()

    def _free_time(self, agent=None, number=0):
        """What makes a dialog agree on the first time (or a later one) at which an agent is free."""
        now = fields.Datetime.now()
        agent, start, stop = (agent or self.agent)._get_slots(now, now + timedelta(days=14), 60)[number]
        return {"agent_id": agent.id, "slot_start": start, "slot_stop": stop}

    def _dialog(self, entry=None, user=None, **values):
        """The open dialog of a call with a contact, or with the lead given."""
        values = {**({"entry_id": entry.id, "lead_id": entry.lead_id.id} if entry else {}), **values}
        return self.env["crm.call.wizard"].with_user(user or self.operator).create(values)

    def _call(self, outcome, entry=None, user=None, **values):
        """A call of a contact (default: the one that is next) that is confirmed with an outcome.

        :return: the crm.call, for the test to look at
        """
        entry = entry or self._claim(user)
        if not entry._is_with(user or self.operator):
            entry.write(entry._prepare_claim_values(user or self.operator))
        if outcome.kind == "appointment":
            values = {**self._free_time(), **values}
        self._dialog(entry, user, outcome_id=outcome.id, **values).action_confirm()
        return entry.call_ids[:1]

    def _counts(self):
        """How many rows there are of all that a call may leave behind."""
        return {name: self.env[name].sudo().with_context(active_test=False).search_count([]) for name in TABLES}


# a Thursday, 11:00 in Rome
NOW = "2026-11-26 10:00:00"


def at(hours=0, **delta):
    return datetime.fromisoformat(NOW) + timedelta(hours=hours, **delta)


class GateCase(CallCase):
    """One contact in a campaign of its own, which calls on weekdays from 9 to 20."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead(name="Pitch", phone="+39 333 7654321", user_id=False)
        cls.campaign = cls._campaign(
            cls.lead, window_ids=[Command.create({"weekday": str(day), "hour_to": 20}) for day in range(5)]
        )
        cls.entry = cls.campaign.entry_ids
        cls.client = cls.env["res.partner"].create({"name": "Marco", "phone": "+39 333 7654399"})
        cls.operator.name, cls.rival.name, cls.coordinator.name = "Anna", "Bruno", "Carla"
        cls.former = cls.operator.copy({"login": "call_former", "active": False})

    def _make_call(self, hours=0, entry=None, outcome=None, user=None, **values):
        """A call that was made some hours before now."""
        entry = entry or self.entry
        moment = at(-hours)
        return self.env["crm.call"].sudo()._confirmed().create(
            {
                "lead_id": entry.lead_id.id,
                "entry_id": entry.id,
                "campaign_id": entry.campaign_id.id,
                "user_id": (user or self.rival).id,
                "outcome_id": (outcome or self.no_answer).id,
                "date_start": moment,
                "date_end": moment + timedelta(minutes=2),
                **values,
            }
        )  # fmt: skip

    def _wait(self, entry=None, hours=-1, is_recall=True, user=None, **values):
        (entry or self.entry).write(
            {
                "state": "waiting",
                "next_call_at": at(hours),
                "is_recall": is_recall,
                "recall_user_id": user.id if user else False,
                **values,
            }
        )

    def _block(self, number="+393337654321", **values):
        return self.env["phone.blacklist"].create({"number": number, **values})

    def _places(self, lead=None, user=None, reader=None):
        reader = reader or self.coordinator
        lead = (lead or self.lead).with_user(reader)
        return lead._get_call_gates(user or self.operator)

    def _gates(self, **options):
        """What keeps the contact from being called, by its key."""
        (place,) = self._places(**options)
        return {gate.key: gate for gate in place.gates}

    def _words(self, sentence):
        """A sentence, whichever blank the language writes before AM and PM."""
        return " ".join(sentence.split())

    @contextmanager
    def _tried(self):
        """Nothing of what happens inside stays."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.registry.clear_cache()  # as a whole transaction does that is rolled back
