from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

VIEWER_GROUP = "crm_lead_lifecycle.group_client_viewer"
DETACH_GROUP = "crm_lead_lifecycle.group_client_detach"
CLIENT_STATUSES = [
    ("new", "New"),
    ("linked", "Linked"),
    ("converted", "Converted"),
    ("removed", "Removed"),
]
# of a lead that has a client
HAS_CLIENT = ("linked", "converted")


class ClientChange:
    """What the lead desk itself does to the client of a lead; in a context it is an object that no RPC client can send.

    :param str kind: of the event that is logged
    :param str status: the lead's client status from now on
    :param date_client: since when the lead has its client, None for now, False for nobody knows
    :param bool is_kept: whether the lead keeps what was received instead of being synchronised with its client
    :param dict data: ``{lead: what its event keeps beside}``
    """

    def __init__(self, kind, status, date_client=None, is_kept=True, data=None):
        self.kind, self.status, self.is_kept, self.data = kind, status, is_kept, data or {}
        self.date_client = date_client


# of the event of a lead out of which a client was made
MADE = {"is_made": True, "values": {"active": [False, True]}}
# of an event that goes along with a merged lead
CARRIED = ("values", "is_made", "call", "notified", "goes_on")
# what Odoo synchronises with the client
SYNCHRONISED_FIELDS = (
    "contact_name", "partner_name", "email_from", "phone", "function", "website", "lang_id",
    "street", "street2", "zip", "city", "state_id", "country_id",
)  # fmt: skip


class CrmLead(models.Model):
    """The client of a lead: who it is, since when, and what keeps the two apart.

    A client set in Odoo's own field is synchronised with the lead as Odoo does. A lead that was linked by the lead desk
    keeps what the inquirer wrote: nothing is copied either way, neither now nor later.
    """

    _inherit = "crm.lead"

    client_status = fields.Selection(
        CLIENT_STATUSES,
        default="new",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        help="New: not yet matched.\nLinked: belongs to a client that was there before.\n"
        "Converted: its client was made from it.\nRemoved: spam, a test or a mistake.",
    )
    date_client = fields.Datetime(
        "Client Since", readonly=True, copy=False, help="When the lead was linked to its client or converted."
    )
    is_contact_kept = fields.Boolean(
        "Keeps Its Contact Data",
        readonly=True,
        copy=False,
        help="The lead shows its client and keeps what was received: the two are not synchronised.",
    )

    # The client's card
    client_phone = fields.Char("Client's Phone", compute="_compute_client_card", groups=VIEWER_GROUP)
    client_email = fields.Char("Client's E-mail", compute="_compute_client_card", groups=VIEWER_GROUP)
    client_user_id = fields.Many2one(
        "res.users", "Client's Salesperson", compute="_compute_client_card", groups=VIEWER_GROUP
    )
    received_text = fields.Text("As Received", compute="_compute_received_text", help="What the inquirer wrote.")

    @api.depends("partner_id.phone", "partner_id.email", "partner_id.user_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_client_card(self):
        """Empty for whoever may not read the client itself."""
        readable = self.partner_id._filtered_access("read")
        for lead in self:
            client = lead.partner_id & readable
            lead.client_phone, lead.client_email = client.phone, client.email
            lead.client_user_id = client.user_id

    def _compute_received_text(self):
        events = self.env["crm.lead.event"].search([("lead_id", "in", self.ids), ("kind", "in", ("create", "merge"))])
        for lead in self:
            texts = events.filtered(lambda event, lead=lead: event.lead_id == lead._origin).mapped("received")
            lead.received_text = "\n\n".join(filter(None, texts))

    # ------------------------------------------------------------
    # SYNCHRONISATION: none where the contact data is kept
    # ------------------------------------------------------------

    def _filter_synchronised(self):
        return self.filtered(lambda lead: not lead.is_contact_kept)

    def _compute_contact_name(self):
        return super(CrmLead, self._filter_synchronised())._compute_contact_name()

    def _compute_partner_name(self):
        return super(CrmLead, self._filter_synchronised())._compute_partner_name()

    def _compute_function(self):
        return super(CrmLead, self._filter_synchronised())._compute_function()

    def _compute_website(self):
        return super(CrmLead, self._filter_synchronised())._compute_website()

    def _compute_lang_id(self):
        return super(CrmLead, self._filter_synchronised())._compute_lang_id()

    def _compute_partner_address_values(self):
        return super(CrmLead, self._filter_synchronised())._compute_partner_address_values()

    def _get_partner_email_update(self, force_void=True):
        return not self.is_contact_kept and super()._get_partner_email_update(force_void=force_void)

    def _get_partner_phone_update(self, force_void=True):
        return not self.is_contact_kept and super()._get_partner_phone_update(force_void=force_void)

    # ------------------------------------------------------------
    # WRITE: part of the one write of the lead's state
    # ------------------------------------------------------------

    def _detach_swapped(self, vals):
        """Whoever takes away or swaps the client of leads that were linked by the lead desk detaches them first."""
        if "partner_id" not in vals or self._get_client_change() or self._is_by_rule():
            return
        swapped = self.filtered(
            lambda lead: lead.is_contact_kept and lead.partner_id and lead.partner_id.id != vals["partner_id"]
        )
        if swapped:
            swapped._check_detach_right()
            swapped._detach_client()

    def _check_detach_right(self):
        """
        :raise AccessError: for people who may not detach leads from their clients
        """
        if not self.env.su and self._is_person() and not self.env.user.has_group(DETACH_GROUP):
            raise AccessError(
                self.env._(
                    "You may not detach a lead from its client. Ask an administrator for the right “See clients and "
                    "detach leads from them”: %(leads)s",
                    leads=", ".join(self[:5].mapped("display_name")),
                )
            )

    def _get_client_change(self):
        """
        :return: the :class:`ClientChange` that is being written, or None
        """
        change = self.env.context.get("lead_client")
        return change if isinstance(change, ClientChange) else None

    def _get_merged_leads(self):
        """
        :return: the leads that are being merged by this write; in a context they are records, which no RPC client sends
        """
        merged = self.env.context.get("merged_leads")
        return merged if isinstance(merged, models.BaseModel) else self.browse()

    def _prepare_client_values(self, vals):
        """What has to be written along with a client.

        :return: ``{lead: values}`` of the leads whose client changes
        """
        if "partner_id" not in vals:
            return {}
        change, merged = self._get_client_change(), self._get_merged_leads()
        values = {}
        for lead in self.filtered(lambda lead: lead.partner_id.id != vals["partner_id"]):
            source = merged.filtered(lambda other: other.partner_id.id == vals["partner_id"])
            if change:
                now, date = fields.Datetime.now(), change.date_client
                status, date, is_kept = change.status, now if date is None else date, change.is_kept
            elif source and vals["partner_id"]:  # merged: the link goes along
                status, date, is_kept = source[0].client_status, source[0].date_client, source[0].is_contact_kept
            elif vals["partner_id"]:
                status, date, is_kept = "linked", fields.Datetime.now(), False
            else:
                status, date, is_kept = "new", False, lead.is_contact_kept
            values[lead] = {
                "date_client": date if vals["partner_id"] else False,
                "is_contact_kept": is_kept,
                "date_client_requested": False,
                "client_requested_by_id": False,
            }
            if lead.client_status != "removed":
                values[lead]["client_status"] = status
        return values

    def _get_client_state(self):
        """What an undo has to bring back, as JSON can hold it."""
        return {
            "partner": self.partner_id.id or None,
            "status": self.client_status,
            "date": fields.Datetime.to_string(self.date_client) or None,
            "kept": self.is_contact_kept,
            "contact": {name: self._get_plain_value(self, name) or None for name in SYNCHRONISED_FIELDS},
        }

    @api.model
    def _get_plain_value(self, record, name):
        """A value as an event can hold it."""
        value = record[name]
        return value.id if isinstance(value, models.BaseModel) else value

    def _get_client_events(self, before):
        """The events of a change of clients.

        :param dict before: ``{lead: result of _get_client_state}``, of before the write
        :return: tuples as :meth:`crm.lead.event._log_many` takes them
        """
        change, events = self._get_client_change(), []
        for lead, old in before.items():
            new = lead._get_client_state()
            if new["partner"] == old["partner"]:
                continue
            kind = change.kind if change else "link" if new["partner"] else "detach"
            if new["kept"]:
                del old["contact"], new["contact"]  # left alone
            data = {"before": old, "after": new, "client": new["partner"] or old["partner"]}
            if change:
                data.update(change.data.get(lead, {}))
            elif new["partner"] and self._get_merged_leads():
                data.update(lead._get_carried_data(new["partner"]))
            events.append((kind, lead, data))
        return events

    def _get_carried_data(self, partner_id):
        """What the link of a merged lead did to the client, to be taken back here from now on."""
        data = self._get_last_client_event().data or {}
        return {name: data[name] for name in CARRIED if name in data} if data.get("client") == partner_id else {}

    def _handle_partner_assignment(  # pylint: disable=missing-return
        self, force_partner_id=False, create_missing=True, with_parent=None
    ):
        """A client that Odoo makes out of a lead converts it."""
        for lead in self:
            is_made = create_missing and not (force_partner_id or lead.partner_id)
            change = is_made and ClientChange("convert", "converted", is_kept=False, data={lead: {**MADE}})
            super(CrmLead, lead.with_context(lead_client=change or None))._handle_partner_assignment(
                force_partner_id=force_partner_id, create_missing=create_missing, with_parent=with_parent
            )

    def _create_customer(self, with_parent=None):
        partner, change = super()._create_customer(with_parent=with_parent), self._get_client_change()
        if change and partner == with_parent:  # nobody was made: the lead has no name, its company was there before
            change.kind, change.status, change.data = "link", "linked", {}
        elif change:
            change.data[self]["call"] = self._plan_client_call(partner).id
        return partner

    def copy_data(self, default=None):
        """A copy belongs to the same client, and takes its contact data from there."""
        vals_list = super().copy_data(default=default)
        for lead, vals in zip(self, vals_list, strict=True):
            if lead.is_contact_kept and vals.get("partner_id"):
                for name in SYNCHRONISED_FIELDS:
                    vals.pop(name, None)
        return vals_list

    # ------------------------------------------------------------
    # TOOLS
    # ------------------------------------------------------------

    def _lock_for_client(self):
        """Let nobody else give these leads a client until this transaction is through: who comes second waits, and is
        then retried by Odoo with what the first has done."""
        self.env.cr.execute(SQL("SELECT FROM crm_lead WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
        self.invalidate_recordset(["partner_id", "client_status", "is_contact_kept"])

    def _check_seen_client(self):
        """
        :raise UserError: when the page that the user acts on shows another client than the lead has by now
        """
        if "seen_client_id" not in self.env.context:
            return
        seen = self.env.context["seen_client_id"] or False
        changed = self.filtered(lambda lead: lead.partner_id.id != seen)
        if changed:
            raise UserError(
                self.env._(
                    "Somebody has changed the client of %(lead)s meanwhile. Look at it again before you go on.",
                    lead=changed[0].display_name,
                )
            )

    @api.model
    def _may_see_clients(self):
        """Whether the user may learn from the lead desk which clients there are."""
        return self.env.su or self.env.user.has_group(VIEWER_GROUP)

    def _check_may_see_clients(self):
        """
        :raise AccessError: the same words whatever there is to see
        """
        if not self._may_see_clients():
            raise AccessError(
                self.env._("You may not see clients here. Use “Ask for a client”, and a colleague assigns one.")
            )

    def _check_takes_client(self):
        """
        :raise UserError: for leads that have no use for a client
        """
        removed = self.filtered(lambda lead: lead.client_status == "removed")
        if removed:
            raise UserError(
                self.env._(
                    "Removed leads get no client. Restore them first: %(leads)s",
                    leads=", ".join(removed[:5].mapped("display_name")),
                )
            )
