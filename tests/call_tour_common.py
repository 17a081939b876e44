from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user


class CallTourCase(HttpCase):
    """A campaign with three contacts and an operator. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.italy = cls.env.ref("base.it")
        cls.company = cls.env["res.company"].create({"name": "Tour Calls", "country_id": cls.italy.id})
        cls.operator = cls._user("Tour Operator", "crm_lead_lifecycle.group_call_operator")
        stages = cls.env["crm.stage"].create(
            [
                {"name": "Tour asked", "stage_type": "open", "sequence": 900},
                {"name": "Tour gone", "stage_type": "not_interested", "sequence": 901},
            ]
        )
        cls.asked, cls.gone = stages
        cls.lead_type = cls.env["crm.lead.type"].create(
            {"name": "Tour stay", "company_id": cls.company.id, "stage_ids": stages.ids}
        )
        cls.leads = cls.env["crm.lead"].create(
            [cls._lead_values(name, 10 + number) for number, name in enumerate(("Ada", "Bea", "Cleo"))]
        )
        cls.campaign = cls.env["crm.call.campaign"].create(
            {
                "name": "Tour campaign",
                "company_id": cls.company.id,
                "state": "running",
                "user_ids": cls.operator.ids,
                "skip_holidays": False,
                "step_ids": [
                    Command.create({"name": "Hello", "text": "Good morning!", "sequence": 1}),
                    Command.create({"name": "Budget", "question": "How much?", "answer_type": "number", "sequence": 2}),
                ],
            }
        )
        cls.entries = cls.campaign.add_leads(cls.leads).sorted("id")

    @classmethod
    def _user(cls, name, groups):
        return new_test_user(
            cls.env,
            name.lower().replace(" ", "_"),
            groups,
            name=name,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz="Europe/London",
        )

    @classmethod
    def _lead_values(cls, name, number, **values):
        return {
            "name": f"Inquiry of {name}",
            "contact_name": f"Tour {name}",
            "phone": f"+39 333 12340{number}",
            "type": "opportunity",
            "user_id": False,
            "company_id": cls.company.id,
            "lead_type_id": cls.lead_type.id,
            "stage_id": cls.asked.id,
            **values,
        }

    def _start(self, tour, url="/odoo", user=None):
        self.start_tour(url, tour, login=(user or self.operator).login, timeout=120)
        self.env.invalidate_all()
