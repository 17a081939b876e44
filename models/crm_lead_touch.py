from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# what a person can do with a lead for the first time, and where it is stamped
FIRSTS = {
    "touch": "date_first_touch",
    "call": "date_first_call",
    "contact": "date_first_contact",
    "mail": "date_first_mail",
    "meeting": "date_first_meeting",
}
# what somebody does with a lead that is logged anyway, and what it counts as
ACTS = {
    "stage": ("touch",),
    "conclude": ("touch",),
    "restore": ("touch",),
    "succeed": ("touch",),
    "dial": ("touch",),
    "call": ("touch", "call"),
    "appointment": ("touch", "meeting"),
}
# of messages that somebody writes; notes go to colleagues, and what is sent by itself has other types
TOUCHING_MESSAGES = frozenset({"comment", "email", "email_outgoing", "sms"})


def _first(label, what):
    return fields.Datetime(label, readonly=True, copy=False, help=what)


class CrmLead(models.Model):
    """What a person did first with the lead: moved it on, called, reached somebody, wrote, met the customer. Each is
    stamped once, at the moment it happens, and the log says so; :meth:`_rebuild_firsts` reads it there.

    A call that nobody answered is a call, and no contact. What is done with the client counts for its open leads.
    """

    _inherit = "crm.lead"

    date_first_touch = _first(
        "First Touch", "When somebody first moved the lead on, called, wrote, met the customer or finished an activity."
    )
    date_first_call = _first("First Call", "When a call was first made, whether or not anybody answered.")
    date_first_contact = _first("First Contact", "When somebody was first reached by phone.")
    date_first_mail = _first("First E-Mail", "When somebody first wrote to the customer.")
    date_first_meeting = _first("First Meeting", "When a meeting was first agreed upon.")

    # what waits for its first touch, for jobs that look whether it has waited too long
    _untouched_idx = models.Index(
        "(lead_type_id, create_date) WHERE date_first_touch IS NULL AND stage_type = 'open' AND active IS TRUE"
    )

    def _stamp_firsts(self, acts, date):
        """Stamp what a person does with these leads now, where it is the first time; machines, configured rules and who
        clears a stage do nothing.

        :param acts: keys of ``FIRSTS``
        :param datetime date: naive UTC
        :return: ``{lead id: [acts that were the first]}``
        """
        if not self.ids or not acts or not self._is_person() or self._is_by_rule() or self._is_remapping():
            return {}
        names = [FIRSTS[act] for act in acts]
        # stamped once and for all: of who is known to be, nothing is asked
        new = self.filtered(lambda lead: not all(lead._cache.get(name) for name in names))
        if not new:
            return {}
        self.flush_recordset(names)
        columns = [SQL.identifier(name) for name in names]
        rows = self.env.execute_query(
            SQL(
                """UPDATE crm_lead lead SET %s
                     FROM (SELECT id, %s FROM crm_lead WHERE id = ANY(%s) AND (%s) FOR NO KEY UPDATE) old
                    WHERE lead.id = old.id RETURNING lead.id, %s""",
                SQL(", ").join(SQL("%s = COALESCE(lead.%s, %s)", column, column, date) for column in columns),
                SQL(", ").join(columns),
                new.ids,
                SQL(" OR ").join(SQL("%s IS NULL", column) for column in columns),
                SQL(", ").join(SQL("old.%s IS NULL", column) for column in columns),
            )
        )
        leads = self.browse(row[0] for row in rows)
        leads._forget_firsts(names)
        return {
            lead_id: [act for act, is_first in zip(acts, are_first, strict=True) if is_first]
            for lead_id, *are_first in rows
        }

    def _forget_firsts(self, names):
        """These were written past the ORM."""
        if self:
            self.invalidate_recordset(names, flush=False)
            self.modified(names)

    def _act(self, *acts):
        """Somebody does something with these leads that the log does not hold otherwise: it does if it is the first of
        its kind."""
        date = fields.Datetime.now()
        firsts = self._stamp_firsts(acts, date)
        self.env["crm.lead.event"]._log_many(
            [("act", self.browse(lead_id), {"act": acts[-1], "first": first}) for lead_id, first in firsts.items()],
            date,
        )

    @api.model
    def _get_open_leads_of(self, clients):
        """The open leads that belong to clients, whatever contact of theirs is meant."""
        if not clients:
            return self.browse()
        families = clients.sudo().commercial_partner_id
        return self.sudo().search(
            Domain("partner_id.commercial_partner_id", "in", families.ids)
            & Domain("date_client", "!=", False)
            & Domain("won_status", "=", "pending")
        )

    # ------------------------------------------------------------
    # FROM THE LOG
    # ------------------------------------------------------------

    def _read_firsts(self):
        """What the log says was done first, calls as they were corrected. One that was taken back was none, but a touch
        all the same.

        :return: ``{lead id: {act: datetime}}``
        """
        not_taken_back = SQL(
            """NOT EXISTS (SELECT FROM crm_lead_event undo
                            WHERE undo.lead_id = event.lead_id AND undo.kind = 'call_undo'
                              AND undo.data -> 'call' = event.data -> 'call')"""
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT event.lead_id, act.name, min(event.date)
                     FROM crm_lead_event event, jsonb_array_elements_text(event.data -> 'first') act(name)
                    WHERE event.lead_id = ANY(%(ids)s) AND event.data ? 'first'
                      AND (event.kind != 'call' OR act.name = 'touch')
                 GROUP BY event.lead_id, act.name
                UNION ALL
                   SELECT event.lead_id, 'call', min(event.date)
                     FROM crm_lead_event event
                    WHERE event.lead_id = ANY(%(ids)s) AND event.kind = 'call' AND %(not_taken_back)s
                 GROUP BY event.lead_id
                UNION ALL
                   SELECT event.lead_id, 'contact', min(event.date)
                     FROM crm_lead_event event
                LEFT JOIN LATERAL (
                              SELECT change.data -> 'reached' AS reached FROM crm_lead_event change
                               WHERE change.lead_id = event.lead_id AND change.kind = 'call_change'
                                 AND change.data -> 'call' = event.data -> 'call' AND change.data ? 'reached'
                            ORDER BY change.id DESC LIMIT 1
                          ) change ON TRUE
                    WHERE event.lead_id = ANY(%(ids)s) AND event.kind = 'call' AND %(not_taken_back)s
                      AND COALESCE(change.reached, event.data -> 'reached') = 'true'
                 GROUP BY event.lead_id""",
                ids=self.ids,
                not_taken_back=not_taken_back,
            )
        )
        firsts = {lead_id: {} for lead_id in self.ids}
        for lead_id, act, date in rows:
            firsts[lead_id][act] = min(date, firsts[lead_id].get(act, date))
        return firsts

    def _rebuild_firsts(self):
        """Stamp these leads anew with what the log says."""
        names = list(FIRSTS.values())
        self.flush_recordset(names)
        for lead_id, firsts in self._read_firsts().items():
            values = [SQL("%s = %s", SQL.identifier(name), firsts.get(act)) for act, name in FIRSTS.items()]
            self.env.cr.execute(SQL("UPDATE crm_lead SET %s WHERE id = %s", SQL(", ").join(values), lead_id))
        self._forget_firsts(names)

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _message_post_after_hook(self, message, msg_vals):
        """Whoever of the company writes to the customer touches the lead, also in a mail that comes through the
        gateway."""
        self._act_by_message(message)
        return super()._message_post_after_hook(message, msg_vals)

    def _act_by_message(self, message, acts=("touch", "mail")):
        author = self.env["mail.message"]._get_writing_user(message)
        if author:
            self.with_user(author).with_context(lead_machine=None)._act(*acts)


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model
    def _get_writing_user(self, message):
        """
        :return: the res.users of the company who writes this to a customer; empty if nobody does
        """
        users = self.env["res.users"]
        if message.message_type not in TOUCHING_MESSAGES or message.is_internal or message.subtype_id.internal:
            return users
        return message.author_id.sudo().user_ids.filtered(lambda user: user.active and not user.share)[:1]


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _message_post_after_hook(self, message, msg_vals):
        """Whoever writes to a client writes to whose open leads they are."""
        leads = self.env["crm.lead"]
        if self.env["mail.message"]._get_writing_user(message):
            leads._get_open_leads_of(self)._act_by_message(message, ("mail",))
        return super()._message_post_after_hook(message, msg_vals)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _message_post_after_hook(self, message, msg_vals):
        """A quotation that is sent is an e-mail to the customer."""
        self.sudo().opportunity_id._act_by_message(message)
        return super()._message_post_after_hook(message, msg_vals)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    @api.model
    def _log_many(self, events, date=None):  # pylint: disable=missing-return
        date = date or fields.Datetime.now()
        super()._log_many(self._mark_firsts(events, date), date)

    @api.model
    def _mark_firsts(self, events, date):
        """Stamp the leads of which something happens for the first time, and say so in the event."""
        leads_by_acts = {}
        for kind, lead, data in events:
            acts = self._get_acts(kind, data)
            if acts:
                leads_by_acts.setdefault(acts, set()).add(lead.id)
        firsts = {
            acts: self.env["crm.lead"].browse(lead_ids)._stamp_firsts(acts, date)
            for acts, lead_ids in leads_by_acts.items()
        }
        marked = []
        for kind, lead, data in events:
            # of several at once the first one says so
            first = firsts.get(self._get_acts(kind, data), {}).pop(lead.id, None)
            marked.append((kind, lead, {**data, "first": first} if first else data))
        return marked

    @api.model
    def _get_acts(self, kind, data):
        """
        :return: tuple of keys of ``FIRSTS``
        """
        acts = ACTS.get(kind, ())
        return (*acts, "contact") if data.get("reached") else acts

    def _get_summary(self, data, names):
        if self.kind != "act":
            return super()._get_summary(data, names)
        return {
            "touch": self.env._("Finished an activity"),
            "call": self.env._("Called the customer"),
            "mail": self.env._("Wrote to the customer"),
            "meeting": self.env._("Planned a meeting"),
        }[data["act"]]


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        leads, clients = self.env["crm.lead"], self.env["res.partner"]
        done_with = []
        for is_call, activities in self.grouped(lambda act: act.activity_type_id.category == "phonecall").items():
            of_leads = activities.filtered(lambda act: act.res_model == "crm.lead").mapped("res_id")
            of_clients = activities.filtered(lambda act: act.res_model == "res.partner").mapped("res_id")
            done_with.append((is_call, leads.browse(filter(None, of_leads)), clients.browse(filter(None, of_clients))))
        done = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        for is_call, of_activities, of_clients in done_with:
            of_activities._act("touch", *(("call",) if is_call else ()))
            if is_call:
                leads._get_open_leads_of(of_clients)._act("call")
        return done


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        meetings = super().create(vals_list)
        leads = self.env["crm.lead"]
        leads.browse(meetings.sudo().opportunity_id.ids)._act("touch", "meeting")
        others = meetings.sudo().filtered(lambda meeting: not meeting.opportunity_id)
        guests = others.partner_ids.filtered(lambda partner: not partner.user_ids)
        leads._get_open_leads_of(guests)._act("meeting")
        return meetings
