from odoo import api, fields, models

COORDINATOR = "crm_lead_lifecycle.group_call_coordinator"
# operators and colleagues learn only when somebody is free, not why
RESTRICTED = f"{COORDINATOR},base.group_erp_manager"
OWN_FIELDS = ("working_calendar_id", "away_until", "appointment_area")
AGENT_FIELDS = {
    *OWN_FIELDS,
    "appointment_minutes",
    "appointment_buffer_minutes",
    "appointment_lead_minutes",
    "appointment_skill_ids",
}


class ResUsers(models.Model):
    """Agents: who keeps appointments, and what coordinators settle for them."""

    _inherit = "res.users"

    working_calendar_id = fields.Many2one(
        "resource.calendar",
        "Own Working Hours",
        groups=RESTRICTED,
        help="By the user's own clock. Empty: the working hours of the company. Those of an employee come first.",
    )
    away_until = fields.Datetime(
        groups=RESTRICTED, help="Until then the user gets no appointments, and no leads by rules."
    )
    appointment_minutes = fields.Integer(
        "Length of Appointments (Minutes)",
        groups=RESTRICTED,
        help="0: as the outcome of the call says, else as the company's settings say.",
    )
    appointment_buffer_minutes = fields.Integer(
        "Pause Around Appointments (Minutes)",
        groups=RESTRICTED,
        help="What stays free between an appointment and whatever is before or after it, such as for the way.",
    )
    appointment_lead_minutes = fields.Integer(
        "Notice (Minutes)", groups=RESTRICTED, help="How long before an appointment it has to be agreed."
    )
    appointment_skill_ids = fields.Many2many("crm.appointment.skill", string="Skills")
    appointment_area = fields.Char("Area", help="Where the agent goes to, such as districts or cities.")

    _appointment_minutes_possible = models.Constraint(
        "CHECK (appointment_minutes BETWEEN 0 AND 1440 AND appointment_buffer_minutes BETWEEN 0 AND 1440"
        " AND appointment_lead_minutes BETWEEN 0 AND 129600)",
        "Appointments and pauses take up to a day, the notice up to 90 days, and none can be below 0.",
    )

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, *sorted(AGENT_FIELDS)]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, *OWN_FIELDS]

    def write(self, vals):
        """Users can be changed by administrators only; what is settled for appointments by coordinators too."""
        if vals and vals.keys() <= AGENT_FIELDS and self._are_coordinated():
            return super(ResUsers, self.sudo()).write(vals)
        return super().write(vals)

    def _are_coordinated(self):
        """Whether the user coordinates calls in a company of each of these colleagues."""
        coordinator = self.env.user
        return (
            not self.env.su
            and coordinator.has_group(COORDINATOR)
            and all(user.company_ids & coordinator.company_ids and not user.share for user in self.sudo())
        )

    # ------------------------------------------------------------
    # WHO KEEPS APPOINTMENTS
    # ------------------------------------------------------------

    @api.model
    def _get_agents(self, company, campaign, outcome):
        """Who keeps the appointments of a call: those of the campaign, else of the outcome, else every salesperson of
        the company."""
        users = self.sudo().with_company(company)
        named = campaign.agent_ids or outcome.agent_ids
        if named:
            return users.concat(named).filtered(
                lambda user: user.active and not user.share and company in user.company_ids
            )
        salespeople = self.env.ref("sales_team.group_sale_salesman")
        return users.search(
            [
                ("active", "=", True),
                ("share", "=", False),
                ("company_ids", "in", company.ids),
                ("all_group_ids", "in", salespeople.ids),
            ]
        )

    def _filter_agents(self, agent_ids=(), skill_ids=(), text=""):
        """Those of these agents that an operator looks for; the empty filter takes all."""
        words = (text or "").casefold().split()

        def fits(agent):
            skills = agent.appointment_skill_ids
            known = " ".join([agent.name, agent.appointment_area or "", *skills.mapped("name")]).casefold()
            return (
                (not agent_ids or agent.id in agent_ids)
                and set(skill_ids or ()) <= set(skills.ids)
                and all(word in known for word in words)
            )

        return self.filtered(fits)

    def _get_agenda_details(self):
        """What operators get to know about an agent."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "area": self.appointment_area or "",
            "skill_ids": self.appointment_skill_ids.ids,
        }
