from odoo.fields import Command
from odoo.tests import new_test_user

from .common import LeadCase


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
        self._dialog(entry, user, outcome_id=outcome.id, **values).action_confirm()
        return entry.call_ids[:1]

    def _counts(self):
        """How many rows there are of all that a call may leave behind."""
        names = (
            "crm.call",
            "crm.call.answer",
            "crm.call.wizard",
            "crm.call.wizard.answer",
            "crm.lead.event",
            "sale.order",
            "calendar.event",
            "mail.activity",
            "mail.message",
            "phone.blacklist",
        )
        return {name: self.env[name].sudo().with_context(active_test=False).search_count([]) for name in names}
