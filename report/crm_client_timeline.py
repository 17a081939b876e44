from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# What a row's id is made of: the id of the record behind it times SOURCE_LIMIT, plus the number of its source
SOURCE_LIMIT = 16
LEADS, ORDERS, LEAD_ACTIVITIES, PARTNER_ACTIVITIES, ATTENDED_MEETINGS, LEAD_MEETINGS, CALLS = range(1, 8)
# a search has to name at least one of them
CLIENT_FIELDS = ("id", "partner_id", "commercial_partner_id", "lead_id")

KINDS = [
    ("lead", "Lead"),
    ("order", "Offer or Order"),
    ("phone", "Phone Activity"),
    ("meeting", "Meeting"),
    ("reservation", "Verbal Reservation"),
]

STATES = [
    ("open", "Open"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("removed", "Removed"),
    ("draft", "Quotation"),
    ("sent", "Quotation Sent"),
    ("sale", "Order"),
    ("cancel", "Cancelled"),
    ("planned", "Planned"),
    ("done", "Done"),
]


class CrmClientTimeline(models.Model):
    """All that went on with a client, in one list.

    Each source is a select on records that the user may read: the rules of those records are part of the query, so that
    nothing shows here that is hidden at its own place. To add a source, extend :meth:`_get_sources` and
    :meth:`_get_document` with a number of its own, ``kind`` and ``state`` with their values, and ``_depends``.
    """

    _name = "crm.client.timeline"
    _description = "Client Timeline"
    _auto = False
    _order = "date desc, id desc"
    _depends = {
        "crm.lead": [
            "active", "client_status", "company_id", "create_date", "name", "number", "partner_id", "user_id",
            "won_status",
        ],
        "sale.order": ["company_id", "date_order", "name", "opportunity_id", "partner_id", "state", "user_id"],
        "mail.activity": [
            "active", "activity_type_id", "date_deadline", "date_done", "res_id", "res_model", "summary", "user_id",
        ],
        "mail.activity.type": ["category", "name"],
        "calendar.event": ["active", "name", "opportunity_id", "partner_ids", "privacy", "start", "user_id"],
        "calendar.attendee": ["event_id", "partner_id"],
        "crm.call": ["company_id", "date_start", "lead_id", "outcome_id", "user_id"],
        "crm.call.outcome": ["name"],
        "res.partner": ["commercial_partner_id", "company_id"],
        "res.users.settings": ["calendar_default_privacy", "user_id"],
    }  # fmt: skip

    partner_id = fields.Many2one("res.partner", "Contact", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", "Client", readonly=True)
    date = fields.Datetime(readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    name = fields.Char("What", readonly=True)
    user_id = fields.Many2one("res.users", "User", readonly=True)
    company_id = fields.Many2one("res.company", "Company", readonly=True)
    state = fields.Selection(STATES, "Status", readonly=True)
    res_model = fields.Char("Document Model", readonly=True)
    res_id = fields.Many2oneReference("Document", model_field="res_model", readonly=True)
    lead_id = fields.Many2one("crm.lead", "Lead", readonly=True)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """A timeline is one of given clients, of nobody without them: everybody's would go through all records."""
        fields_asked = {condition.field_expr for condition in Domain(domain).iter_conditions()}
        if fields_asked.isdisjoint(CLIENT_FIELDS):
            domain = Domain.FALSE
        return super()._search(domain, *args, **kwargs)

    # ------------------------------------------------------------
    # SOURCES
    # ------------------------------------------------------------

    @property
    def _table_query(self):
        selects = [
            SQL(
                """
                SELECT source.id::bigint * %s + %s AS id, source.partner_id, partner.commercial_partner_id,
                       source.date, source.kind, source.name, source.user_id, source.company_id, source.state,
                       %s AS res_model, source.res_id, source.lead_id
                  FROM (%s) source
                  JOIN res_partner partner ON partner.id = source.partner_id
                """,
                SOURCE_LIMIT,
                number,
                model,
                select,
            )
            for number, (model, select) in self._get_sources().items()
        ]
        return SQL(" UNION ALL ").join(selects)

    def _get_sources(self):
        """Where the rows come from.

        :return: ``{number: (model behind the rows, select)}`` of what the user may read at all; the numbers are lower
            than ``SOURCE_LIMIT`` and stay the same. A select gives ``id``, ``partner_id``, ``date``, ``kind``,
            ``name``, ``user_id``, ``company_id``, ``state``, ``res_id`` and ``lead_id``
        """
        sources = {}
        leads = self.env["crm.lead"].has_access("read")
        if leads:
            sources[LEADS] = ("crm.lead", self._select_leads())
        if self.env["sale.order"].has_access("read"):
            sources[ORDERS] = ("sale.order", self._select_orders())
        if leads:
            sources[LEAD_ACTIVITIES] = ("mail.activity", self._select_lead_activities())
        sources[PARTNER_ACTIVITIES] = ("mail.activity", self._select_partner_activities())
        sources[ATTENDED_MEETINGS] = ("calendar.event", self._select_attended_meetings())
        if leads:
            sources[LEAD_MEETINGS] = ("calendar.event", self._select_lead_meetings())
            sources[CALLS] = ("crm.call", self._select_calls())
        return sources

    def _get_readable(self, model):
        """The rows of a model that the user may read, archived ones too, to select from in the place of its table:
        conditions on ids would join it once more."""
        records = self.env[model]
        everything = SQL("%s.*", SQL.identifier(records._table))
        if not records.has_access("read"):
            return SQL("(SELECT %s FROM %s WHERE FALSE)", everything, SQL.identifier(records._table))
        return SQL("(%s)", records._search([], active_test=False).select(everything))

    def _select_leads(self):
        return SQL(
            """
            SELECT lead.id, lead.partner_id, lead.create_date AS date, 'lead' AS kind,
                   CONCAT_WS(' ', lead.number, lead.name) AS name, lead.user_id, lead.company_id,
                   CASE WHEN lead.client_status = 'removed' THEN 'removed'
                        WHEN lead.won_status IN ('won', 'lost') THEN lead.won_status
                        ELSE 'open' END AS state,
                   lead.id AS res_id, lead.id AS lead_id
              FROM %s lead
            """,
            self._get_readable("crm.lead"),
        )

    def _select_orders(self):
        return SQL(
            """
            SELECT sale.id, sale.partner_id, sale.date_order AS date, 'order' AS kind, sale.name, sale.user_id,
                   sale.company_id, sale.state, sale.id AS res_id, lead.id AS lead_id
              FROM %s sale
              LEFT JOIN %s lead ON lead.id = sale.opportunity_id
            """,
            self._get_readable("sale.order"),
            self._get_readable("crm.lead"),
        )

    def _get_activity_columns(self):
        """What all selects on activities have in common. A day stands at noon of who looks."""
        return SQL(
            """
            activity.id,
            timezone('UTC', timezone(%s, CASE WHEN activity.active THEN activity.date_deadline
                ELSE COALESCE(activity.date_done, activity.date_deadline) END + TIME '12:00')) AS date,
            CASE WHEN activity_type.category = 'phonecall' THEN 'phone' ELSE 'reservation' END AS kind,
            COALESCE(NULLIF(activity.summary, ''), activity_type.name->>%s, activity_type.name->>'en_US') AS name,
            activity.user_id, CASE WHEN activity.active THEN 'planned' ELSE 'done' END AS state,
            activity.id AS res_id
            """,
            str(self.env.tz),
            self.env.lang or "en_US",
        )

    def _get_activity_types(self):
        reservation = self.env.ref("crm_lead_lifecycle.mail_activity_type_verbal_reservation", False)
        return SQL("(activity_type.category = 'phonecall' OR activity_type.id = %s)", reservation and reservation.id)

    def _select_lead_activities(self):
        return SQL(
            """
            SELECT %s, lead.partner_id, lead.company_id, lead.id AS lead_id
              FROM %s lead
              JOIN mail_activity activity ON activity.res_id = lead.id AND activity.res_model = 'crm.lead'
              JOIN mail_activity_type activity_type ON activity_type.id = activity.activity_type_id
             WHERE %s
            """,
            self._get_activity_columns(),
            self._get_readable("crm.lead"),
            self._get_activity_types(),
        )

    def _select_partner_activities(self):
        return SQL(
            """
            SELECT %s, activity.res_id AS partner_id, client.company_id, NULL::integer AS lead_id
              FROM mail_activity activity
              JOIN %s client ON client.id = activity.res_id
              JOIN mail_activity_type activity_type ON activity_type.id = activity.activity_type_id
             WHERE activity.res_model = 'res.partner' AND %s
            """,
            self._get_activity_columns(),
            self._get_readable("res.partner"),
            self._get_activity_types(),
        )

    def _get_meeting_columns(self):
        return SQL(
            """
            meeting.start AS date, 'meeting' AS kind, meeting.name, meeting.user_id,
            CASE WHEN meeting.start > %s THEN 'planned' ELSE 'done' END AS state, meeting.id AS res_id
            """,
            fields.Datetime.now(),
        )

    def _get_meeting_condition(self):
        """A private meeting of others is left out: Odoo hides from its readers what it is about and who attends it."""
        if self.env.su:
            return SQL("meeting.active")
        return SQL(
            """
            meeting.active
            AND (meeting.user_id = %s
                 OR COALESCE(
                        meeting.privacy,
                        (SELECT calendar_default_privacy FROM res_users_settings WHERE user_id = meeting.user_id),
                        'public'
                    ) != 'private'
                 OR EXISTS (SELECT FROM calendar_event_res_partner_rel own
                             WHERE own.calendar_event_id = meeting.id AND own.res_partner_id = %s))
            """,
            self.env.uid,
            self.env.user.partner_id.id,
        )

    def _select_attended_meetings(self):
        # The table of attending partners is the one that is found by its partner; the attendee's id makes the row's
        return SQL(
            """
            SELECT attendee.id, attending.res_partner_id AS partner_id, %s,
                   lead.company_id, lead.id AS lead_id
              FROM calendar_event_res_partner_rel attending
              JOIN %s meeting ON meeting.id = attending.calendar_event_id
              JOIN calendar_attendee attendee
                ON attendee.event_id = meeting.id AND attendee.partner_id = attending.res_partner_id
              LEFT JOIN %s lead ON lead.id = meeting.opportunity_id
             WHERE %s
            """,
            self._get_meeting_columns(),
            self._get_readable("calendar.event"),
            self._get_readable("crm.lead"),
            self._get_meeting_condition(),
        )

    def _select_lead_meetings(self):
        return SQL(
            """
            SELECT meeting.id, lead.partner_id, %s, lead.company_id, lead.id AS lead_id
              FROM %s lead
              JOIN %s meeting ON meeting.opportunity_id = lead.id
             WHERE %s
               AND NOT EXISTS (SELECT FROM calendar_event_res_partner_rel attending
                                WHERE attending.calendar_event_id = meeting.id
                                  AND attending.res_partner_id = lead.partner_id)
            """,
            self._get_meeting_columns(),
            self._get_readable("crm.lead"),
            self._get_readable("calendar.event"),
            self._get_meeting_condition(),
        )

    def _select_calls(self):
        return SQL(
            """
            SELECT made.id, lead.partner_id, made.date_start AS date, 'phone' AS kind,
                   COALESCE(outcome.name->>%s, outcome.name->>'en_US') AS name, made.user_id, made.company_id,
                   'done' AS state, made.id AS res_id, lead.id AS lead_id
              FROM %s lead
              JOIN %s made ON made.lead_id = lead.id
              JOIN crm_call_outcome outcome ON outcome.id = made.outcome_id
            """,
            self.env.lang or "en_US",
            self._get_readable("crm.lead"),
            self._get_readable("crm.call"),
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_document(self):
        """Open the record behind a row, for an activity its lead or client.

        :return: a window action
        :raise AccessError: if the user may not see it
        """
        self.ensure_one()
        self.check_access("read")
        document = self._get_document().exists()
        if not document:
            raise UserError(self.env._("This is no longer there. Reload the page."))
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": document.display_name,
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    def _get_document(self):
        """What a row shows, found by the row's id: a look-up of the row itself would go through all clients'."""
        number, record_id = self.id % SOURCE_LIMIT, self.id // SOURCE_LIMIT
        if number in (LEAD_ACTIVITIES, PARTNER_ACTIVITIES):
            activity = self.env["mail.activity"].sudo().browse(record_id).exists()
            return self.env[activity.res_model or "res.partner"].browse(activity.res_id)
        if number == ATTENDED_MEETINGS:
            return self.env["calendar.attendee"].sudo().browse(record_id).exists().event_id.with_env(self.env)
        models_by_source = {LEADS: "crm.lead", ORDERS: "sale.order", CALLS: "crm.call"}
        return self.env[models_by_source.get(number, "calendar.event")].browse(record_id)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_open_client_timeline(self):
        """Open what went on with this client and its contacts.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_client_timeline_action")
        action["domain"] = [("partner_id", "child_of", self.id)]
        action["display_name"] = self.env._("Timeline of %(client)s", client=self.display_name)
        return action
