import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

EVENT_KINDS = [
    ("create", "Created"),
    ("stage", "Stage"),
    ("conclude", "Concluded"),
    ("restore", "Restored"),
    ("remove", "Removed"),
    ("assign", "Assigned"),
    ("merge", "Merged"),
    ("type", "Type"),
    ("succeed", "Went on"),
    ("link", "Linked"),
    ("convert", "Converted"),
    ("detach", "Detached"),
    ("undo", "Undone"),
    ("not_client", "Not the Client"),
    ("order", "Order"),
    ("call", "Call"),
    ("call_change", "Call Changed"),
    ("call_undo", "Call Taken Back"),
    ("recall_change", "Call Back Moved"),
    ("dial", "Dialled"),
    ("appointment", "Appointment"),
    ("appointment_move", "Appointment Moved"),
    ("appointment_cancel", "Appointment Cancelled"),
    ("appointment_no_show", "Did Not Come"),
    ("appointment_came", "Came After All"),
    ("escalate", "Escalated"),
    ("abandon", "Abandoned"),
    ("freeze", "Frozen"),
    ("wake", "Woken"),
    ("proposal", "Proposal"),
    ("act", "First Act"),
    ("anonymise", "Anonymised"),
]

# what was decided about clients, for who may see them (see crm_lead_event_rule_client)
CLIENT_KINDS = ("link", "convert", "detach", "undo", "not_client")

# keys of an event's data that hold an id, and of what
REFERENCES = {
    "from_stage": "crm.stage",
    "to_stage": "crm.stage",
    "concluded_stage": "crm.stage",
    "from_type": "crm.lead.type",
    "to_type": "crm.lead.type",
    "lost_reason": "crm.lost.reason",
    "removal_reason": "crm.removal.reason",
    "from_user": "res.users",
    "to_user": "res.users",
    "client": "res.partner",
}


class CrmLeadEvent(models.Model):
    """What happened to a lead, written once and never changed.

    Rows are written by :meth:`_log` and moved by a merge; a deleted lead takes its own along. ``data`` holds ids and
    texts as they were at that moment, by kind:

    ========  ==================================================================
    create    ``to_stage``, and under ``received`` what the inquirer wrote
    stage     ``from_stage``, ``to_stage``
    conclude  ``from_stage``, ``to_stage``, ``won_status``, ``lost_reason``
    restore   ``from_stage``, ``to_stage``
    remove    ``removal_reason``, ``client_status`` (as it was before)
    assign    ``from_user``, ``to_user``; where a rule did it, under ``why`` how (see crm_lead_assignment)
    merge     ``lead`` (id), ``number``, ``name``, ``from_type`` and ``properties`` of the lead that was merged into it
    type      ``from_type``, ``to_type``, ``from_stage``, ``properties`` (as they were, as text)
    succeed   ``from_type``, ``to_type``, ``concluded_stage``, ``to_stage``, ``properties``
    link, convert, detach, undo
              ``before`` and ``after`` of the lead (``partner``, ``status``,
              ``date``, ``kept``, ``contact``), ``client``, and of the client
              ``values`` (``{field: [before, after]}``) and what beside was done
    not_client  ``client`` that somebody found to be another person
    order     ``order`` (id) and ``name`` of an order that was linked to the lead, or ``confirmed``
    call      ``call`` (id), ``outcome`` and ``recall_at`` as texts, ``reached`` whether somebody was, and under
              ``effects`` all that it did
    call_change  ``call``, ``changes`` (lists of label, before and after), ``reached``
    call_undo  ``call``, ``outcome``, ``kept`` (sentences on what stayed), ``event`` (id) of an appointment that went
    recall_change  ``from_time``, ``to_time`` (UTC), ``from_user`` and ``to_user`` (none: anybody)
    dial      ``number`` that the user's telephone was opened with
    appointment, appointment_move, appointment_cancel, appointment_no_show, appointment_came
              ``event`` (id), ``agent`` (text) and ``time`` (UTC), ``by_customer`` if it was the customer who did it;
              ``mail`` that the invitation went to, ``from_agent`` and ``from_time``, ``reason``, and under
              ``entries`` what became of the contact
    escalate  ``days`` over, ``action`` and ``stage`` (texts), ``to_user``
    abandon   ``hours`` without a first touch, ``working`` whether working hours were counted
    freeze    ``until`` (UTC), ``from_stage``, ``to_stage``
    wake      ``from_stage``, ``to_stage``
    proposal  ``order`` (id), ``name``, and ``step``: ``created``, ``sent``, ``refused`` or ``cancelled``
    act       ``act``: what a person did that nothing else in the log tells: ``touch`` and ``mail`` if it was the first
              of its kind, ``call`` and ``meeting`` each time
    (any)     ``first``: what of it was done for the first time, see crm_lead_touch; ``of_lead`` (id) if it happened to
              a lead that was merged into this one later
    anonymise  nothing; of all events before it only numbers, moments and texts of ours are left (crm_lead_personal)
    ========  ==================================================================
    """

    _name = "crm.lead.event"
    _description = "Lead Event"
    _order = "date desc, id desc"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", index=True, readonly=True)
    kind = fields.Selection(EVENT_KINDS, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "User", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", ondelete="set null", readonly=True, groups="crm_lead_lifecycle.group_client_viewer"
    )
    data = fields.Json(readonly=True)
    summary = fields.Char("What Happened", compute="_compute_summary")
    received = fields.Text("As Received", compute="_compute_received", help="What the inquirer wrote.")

    @api.depends("kind", "data")
    @api.depends_context("lang")
    def _compute_summary(self):
        names = self._get_names()
        for event in self:
            event.summary = event._get_summary(event.data or {}, names)

    @api.depends("kind", "data")
    @api.depends_context("lang")
    def _compute_received(self):
        labels = {name: field._description_string(self.env) for name, field in self.env["crm.lead"]._fields.items()}
        for event in self:
            data = event.data or {}
            lines = {labels.get(name, name): value for name, value in (data.get("received") or {}).items()}
            lines.update(data.get("properties") or {})
            event.received = "\n".join(f"{label}: {value}" for label, value in lines.items()) or False

    def _get_names(self):
        """Display names of all that the events refer to, with one read a model.

        :return: ``{(key of data, id): name}``; what is gone since has no entry
        """
        ids_by_key = defaultdict(set)
        for event in self:
            for key in REFERENCES.keys() & (event.data or {}).keys():
                ids_by_key[key].add(event.data[key])
        return {
            (key, record.id): record.display_name
            for key, ids in ids_by_key.items()
            for record in self.env[REFERENCES[key]].sudo().browse(filter(None, ids)).exists()
        }

    def _get_summary(self, data, names):
        """The event as a plain sentence in the user's language."""
        values = {key: names.get((key, data.get(key))) or self.env._("(none)") for key in REFERENCES}
        match self.kind:
            case "create":
                return self.env._("Created in %(to_stage)s", **values)
            case "stage":
                return self.env._("Moved from %(from_stage)s to %(to_stage)s", **values)
            case "conclude" if data.get("won_status") == "won":
                return self.env._("Won: moved from %(from_stage)s to %(to_stage)s", **values)
            case "conclude" if data.get("lost_reason"):
                return self.env._("Lost: moved from %(from_stage)s to %(to_stage)s, because: %(lost_reason)s", **values)
            case "conclude":
                return self.env._("Lost: moved from %(from_stage)s to %(to_stage)s", **values)
            case "restore":
                return self.env._("Restored to %(to_stage)s", **values)
            case "remove":
                return self.env._("Removed: %(removal_reason)s", **values)
            case "assign":
                return self.env._("Salesperson changed from %(from_user)s to %(to_user)s", **values)
            case "merge":
                return self.env._("Merged with %(number)s %(name)s", number=data.get("number"), name=data.get("name"))
            case "type":
                return self.env._("Lead type changed from %(from_type)s to %(to_type)s", **values)
            case "succeed":
                return self.env._(
                    "Concluded in %(concluded_stage)s: goes on from %(from_type)s as %(to_type)s in %(to_stage)s",
                    **values,
                )
        return ""

    # ------------------------------------------------------------
    # CRUD: append-only
    # ------------------------------------------------------------

    def _refuse_change(self):
        raise UserError(self.env._("The history of a lead writes itself and can't be changed."))

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        self._refuse_change()

    def write(self, vals):  # pylint: disable=method-required-super
        self._refuse_change()

    def unlink(self):  # pylint: disable=method-required-super
        self._refuse_change()

    @api.model
    def _log(self, kind, data_by_lead):
        """Append one event for each lead, all in one insert.

        :param str kind: one of ``EVENT_KINDS``
        :param dict data_by_lead: ``{lead: data}`` with a single crm.lead record each, data as JSON can hold it
        """
        self._log_many([(kind, lead, data) for lead, data in data_by_lead.items()])

    @api.model
    def _log_many(self, events, date=None):
        """Append events in one insert.

        :param list events: tuples of kind, single crm.lead record, data
        :param datetime date: when it happened, naive UTC, now by default
        """
        if not events:
            return
        rows = [
            {
                "lead_id": lead.id,
                "kind": kind,
                "partner_id": lead.partner_id.id or data.get("client"),
                "data": {key: value for key, value in data.items() if value != {}},
            }
            for kind, lead, data in events
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_event (lead_id, kind, date, user_id, partner_id, data)
                SELECT lead_id, kind, %s, %s, partner_id, data
                  FROM jsonb_to_recordset(%s::jsonb)
                    AS row(lead_id integer, kind varchar, partner_id integer, data jsonb)
                """,
                date or fields.Datetime.now(),
                self.env.uid,
                json.dumps(rows),
            )
        )
        self.env["crm.lead"].browse(lead.id for _kind, lead, _data in events).invalidate_recordset(["event_ids"])
