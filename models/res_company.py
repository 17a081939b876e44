from odoo import api, fields, models

LEAD_NUMBER_CODE = "crm_lead_lifecycle.lead_number"
LEAD_NUMBER_TEMPLATE = "LEAD/%(year)s/#####"
# Odoo's own: a note on the agent's screen 30 minutes before, an e-mail 6 hours before
REMINDERS = ("alarm_notif_2", "alarm_mail_2")


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_number_template = fields.Char(
        compute="_compute_lead_number_template",
        inverse="_inverse_lead_number_template",
        help="How the numbers of new leads look. The # signs are the counter; %(year)s, %(month)s and %(day)s are the "
        "date of the lead. Numbers that were given stay as they are.",
    )

    lead_default_type_id = fields.Many2one(
        "crm.lead.type",
        "Default Lead Type",
        compute="_compute_lead_default_type_id",
        inverse="_inverse_lead_default_type_id",
        domain="[('company_id', 'in', (False, id))]",
        help="Leads of this company that come without a type get this one. One of no company is the default of every "
        "company that has none of its own.",
    )

    call_release_minutes = fields.Integer(
        "Release Private Call Backs After",
        help="Minutes after which a call back that only one operator may make is offered to all of its campaign. "
        "0: never.",
    )
    call_take_back_minutes = fields.Integer(
        "Take Back Calls Within", default=10, help="Minutes in which the outcome of the last call can be taken back."
    )
    appointment_minutes = fields.Integer(
        "Length of Appointments", default=60, help="Minutes, where neither the outcome nor the agent says otherwise."
    )
    appointment_alarm_ids = fields.Many2many(
        "calendar.alarm",
        "res_company_appointment_alarm_rel",
        string="Reminders of Appointments",
        default=lambda self: self._default_appointment_alarm_ids(),
        help="What new appointments get. Reminders by e-mail go to the agent and to the client.",
    )

    _call_minutes_possible = models.Constraint(
        "CHECK (call_release_minutes BETWEEN 0 AND 525600 AND call_take_back_minutes BETWEEN 0 AND 525600)",
        "Minutes are from 0 to 525600, which is a year.",
    )
    _appointment_minutes_possible = models.Constraint(
        "CHECK (appointment_minutes BETWEEN 1 AND 1440)", "An appointment takes from a minute to a day."
    )

    def _get_holiday_domain(self):
        """What is no working time in a company: leaves of the calendar that is asked, and those of every calendar,
        which Odoo takes of all companies."""
        return [
            ("time_type", "=", "leave"),
            "|",
            ("calendar_id", "!=", False),
            ("company_id", "in", [False, *self.ids]),
        ]

    @api.model
    def _default_appointment_alarm_ids(self):
        return self.env["calendar.alarm"].union(
            *(self.env.ref(f"calendar.{name}", raise_if_not_found=False) or [] for name in REMINDERS)
        )

    @api.model
    def _init_appointment_alarms(self):
        """Companies that were there before remind as new ones do."""
        self.search(
            [("appointment_alarm_ids", "=", False)]
        ).appointment_alarm_ids = self._default_appointment_alarm_ids()

    def _compute_lead_default_type_id(self):
        lead_types = self.env["crm.lead.type"]
        for company in self:
            company.lead_default_type_id = lead_types._get_default_id(company._origin.id)

    def _inverse_lead_default_type_id(self):
        """Mark the type; a company that takes one of every company has no longer one of its own."""
        for company in self:
            lead_types = self.env["crm.lead.type"].sudo()
            lead_type = company.lead_default_type_id.sudo()
            if not lead_type or lead_type.id == lead_types._get_default_id(company.id):
                continue
            lead_type.is_default = True
            if not lead_type.company_id:
                own = lead_types.search([("is_default", "=", True), ("company_id", "=", company.id)])
                own.is_default = False

    def _compute_lead_number_template(self):
        for company in self:
            is_saved = bool(company._origin)
            company.lead_number_template = (
                company._get_lead_number_sequence()._get_template() if is_saved else LEAD_NUMBER_TEMPLATE
            )

    def _inverse_lead_number_template(self):
        for company in self:
            sequence = company._get_lead_number_sequence()
            sequence.write(sequence._parse_template(company.lead_number_template))

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_number_sequences(LEAD_NUMBER_CODE)
        return companies

    def _create_number_sequences(self, code):
        """Give each company a counter of its own.

        :param str code: what is counted
        """
        return (
            self.env["ir.sequence"]
            .sudo()
            .create(
                [
                    {"code": code, "company_id": company.id, **company._prepare_number_sequence_values(code)}
                    for company in self
                ]
            )
        )

    def _prepare_number_sequence_values(self, code):
        return {
            "name": self.env._("Lead numbers of %(company)s", company=self.name),
            **self.env["ir.sequence"]._parse_template(LEAD_NUMBER_TEMPLATE),
        }

    def _get_number_sequence(self, code):
        """A counter of the company, as superuser; made anew should somebody have deleted it."""
        self.ensure_one()
        company = self._origin or self
        sequence = self.env["ir.sequence"].sudo()
        return sequence.with_context(active_test=False).search(
            [("code", "=", code), ("company_id", "=", company.id)], limit=1
        ) or company._create_number_sequences(code)

    def _get_lead_number_sequence(self):
        return self._get_number_sequence(LEAD_NUMBER_CODE)
