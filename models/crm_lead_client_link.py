from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .crm_client_phone import is_phone
from .crm_lead_client import MADE, ClientChange
from .crm_stage import PENDING_TYPES

# events that change the client of a lead
CLIENT_EVENTS = ("link", "convert", "detach", "undo")
# what a lead knows about its inquirer and its client may lack; an address is filled in as a whole or not at all
CONTACT_FIELDS = ("email", "phone", "website", "function")
ADDRESS_FIELDS = ("street", "street2", "zip", "city", "state_id", "country_id")


class CrmLead(models.Model):
    """Link, convert, detach and undo: every decision about a lead's client is one transaction, one event, and can be
    taken back."""

    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # LINK AND CONVERT
    # ------------------------------------------------------------

    def _link_client(self, partner, notify=False, unarchive=False):
        """Link these leads to a client. Nothing is copied onto the lead; what the client lacks is filled in from it.

        :param partner: single res.partner, which the user has to see
        :param bool notify: tell the client's salesperson
        :param bool unarchive: take the client out of the archive if it is there
        :raise UserError: when a lead has another client already, or is removed
        """
        self.check_access("write")
        partner.check_access("read")
        self._lock_for_client()
        self._check_takes_client()
        taken = self.filtered(lambda lead: lead.partner_id and lead.partner_id != partner)
        if taken:
            raise UserError(
                self.env._(
                    "%(lead)s belongs to %(client)s already. Detach it first if that is wrong.",
                    lead=taken[0].display_name,
                    client=taken[0].partner_id.display_name,
                )
            )
        leads = self.filtered(lambda lead: not lead.partner_id)
        going = leads._filter_going_on()
        data = {
            lead: {
                "values": lead._fill_client(partner),
                "notified": notify and lead._get_client_salesperson(partner).id,
                "goes_on": lead in going,
            }
            for lead in leads
        }
        if unarchive and leads and not partner.active:
            partner.action_unarchive()
            data[leads[0]]["values"]["active"] = [False, True]
        leads.with_context(lead_client=ClientChange("link", "linked", data=data)).write({"partner_id": partner.id})
        refusing = leads.sudo().filtered(lambda lead: partner in lead.refused_client_ids)
        refusing.write({"refused_client_ids": [Command.unlink(partner.id)]})
        if notify and leads:
            leads._notify_client_salesperson(partner)
        self._succeed_with_client()

    def _convert_client(self, values):
        """Make a client out of this lead and link it, in one transaction.

        :param dict values: of the new res.partner
        :return: the client; the one that was made before if somebody else was faster
        :raise UserError: when the values have neither an e-mail nor a phone, or the same client exists already
        """
        self.ensure_one()
        self._check_may_see_clients()
        self.check_access("write")
        self._lock_for_client()
        self._check_takes_client()
        if self.partner_id:
            return self.partner_id
        self._check_client_values(values)
        self.env["crm.client.claim"]._claim(values)
        self._check_no_such_client(values)
        return self._make_client(values)

    @api.model
    def _check_client_values(self, values):
        """
        :param dict values: of a new res.partner
        :raise UserError: for one that can't be reached or named
        """
        if not is_phone(values.get("phone")) and "@" not in (values.get("email") or ""):
            raise UserError(self.env._("A client needs an e-mail address or a phone number. Fill in one of them."))
        if not (values.get("name") or "").strip():
            raise UserError(self.env._("A client needs a name. Fill it in."))

    def _make_client(self, values):
        """Make a client of which is known that there is none like it, and link this lead to it."""
        partner = self.env["res.partner"].create(values)
        data = {**MADE, "call": self._plan_client_call(partner).id, "goes_on": bool(self._filter_going_on())}
        self.with_context(lead_client=ClientChange("convert", "converted", data={self: data})).partner_id = partner
        self._succeed_with_client()
        return partner

    def _get_client_fill(self, partner):
        """What a link to ``partner`` fills in, out of what was received.

        :return: ``{field of res.partner: value}``, only fields that are empty there; nothing without the
            right to edit it
        """
        self.ensure_one()
        if not partner.has_access("write"):
            return {}
        known = self._prepare_customer_values(partner.name)
        if not is_phone(known.get("phone")):  # "n/a", blanks
            known["phone"] = False
        if "@" not in (known.get("email") or ""):
            known["email"] = False
        names = [
            name for name in CONTACT_FIELDS if not partner[name] and not (name == "function" and partner.is_company)
        ]
        if not any(partner[name] for name in ADDRESS_FIELDS if name not in ("state_id", "country_id")):
            names += [name for name in ADDRESS_FIELDS if not partner[name]]
        return {name: known[name] for name in names if known.get(name)}

    def _fill_client(self, partner):
        """Fill in on ``partner`` what it lacks and this lead knows.

        :return: ``{field of res.partner: [before, after]}``
        """
        filled = self._get_client_fill(partner)
        values = {name: [self._get_plain_value(partner, name), value] for name, value in filled.items()}
        if filled:
            partner.write(filled)
        return values

    def _filter_going_on(self):
        """Those of types that say so go on as the next type once they have a client."""
        return self.filtered(
            lambda lead: lead.stage_type in PENDING_TYPES
            and lead.lead_type_id.sudo().succeeds_with_client
            and lead.lead_type_id.sudo().next_type_id
        )

    def _succeed_with_client(self):
        going = self._filter_going_on()
        for stage, leads in going._by_rule().grouped(going._map_stages("qualified").get).items():
            if stage:
                leads.write({"stage_id": stage.id})

    def _get_client_salesperson(self, partner):
        """Who serves a client and is somebody else than the user: to be told about a lead."""
        user = partner.user_id or partner.commercial_partner_id.user_id
        return user.filtered(lambda user: user.active and user != self.env.user)

    def _notify_client_salesperson(self, partner):
        """Tell whoever serves the client, of all these leads in one message."""
        user = self._get_client_salesperson(partner)
        if not user:
            return
        env = self.with_context(lang=user._get_language()).env
        partner.message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("New inquiry of %(client)s", client=partner.display_name),
            body=env._(
                "%(user)s has assigned %(lead)s to %(client)s, whom you serve.",
                user=self.env.user.name,
                # by their numbers: names may go one day, what is written to the client stays
                lead=Markup(", ").join(lead._get_html_link(title=lead.number) for lead in self),
                client=partner.display_name,
            ),
            model_description=env._("Client"),
        )

    # ------------------------------------------------------------
    # DETACH AND UNDO
    # ------------------------------------------------------------

    def action_detach_client(self):
        """Detach these leads from their clients, at once: the leads are new again and keep what was received; what the
        link filled in on the client is taken back unless somebody has changed it since.

        :raise AccessError: without the right to detach
        :raise UserError: when a lead has no client
        """
        self.check_access("write")
        self._check_detach_right()
        self._lock_for_client()
        self._check_seen_client()
        free = self.filtered(lambda lead: not lead.partner_id)
        if free:
            raise UserError(self.env._("%(lead)s has no client to detach from.", lead=free[0].display_name))
        self._detach_client()
        return True

    def _detach_client(self):
        """Detach without asking for the right."""
        events, data = self._map_last_client_events(), {}
        for lead in self:
            partner, event = lead.partner_id, events[lead]
            restored, kept = self._restore_client_values(partner, lead._get_filled_in(event))
            data[lead] = {
                "client": partner.id,
                "values": restored,
                "changed_since": kept,
                "cancelled_call": self._cancel_client_call(event.data or {}, partner),
            }
        self.with_context(lead_client=ClientChange("detach", "new", data=data)).write({"partner_id": False})

    def _get_filled_in(self, event):
        """What the link to its client filled in there.

        :param event: the last one about the client of this lead, a single crm.lead.event or none
        :return: ``{field of res.partner: [before, after]}``
        """
        self.ensure_one()
        told, client = event.data or {}, self.partner_id
        # another client may have taken this one in since, or another lead have brought it along
        is_of_client = event.partner_id == client and told.get("client") == client.id
        if event.kind == "detach" or told.get("is_made") or not is_of_client:
            return {}
        # a client in use is not put into the archive
        return {name: change for name, change in (told.get("values") or {}).items() if name != "active"}

    def _restore_client_values(self, client, values):
        """Write back what a client had, where it still has what was written then.

        :param dict values: ``{field: [before, after]}``
        :return: what was restored, as ``{field: [after, before]}``; the fields that were changed since
        """
        restored, kept = {}, []
        for name, (old, new) in values.items():
            if self._get_plain_value(client, name) == new:
                restored[name] = [new, old]
            else:
                kept.append(name)
        if restored:
            client.sudo().write({name: old or False for name, (_new, old) in restored.items()})
        return restored, kept

    def _map_last_client_events(self):
        """The last event about the client of each lead: of the one it has, or else had.

        :return: ``{lead: crm.lead.event}``, an empty one for leads that nothing was done about
        """
        events = self.env["crm.lead.event"].sudo()
        domain = [("lead_id", "in", self.ids), ("kind", "in", CLIENT_EVENTS)]
        by_lead = events.search(domain, order="id desc").grouped("lead_id")
        last = {}
        for lead in self:
            of_lead = by_lead.get(lead, events)
            # a merged lead brings the events of its own client along
            current = of_lead.filtered(
                lambda event, lead=lead: event.partner_id == lead.partner_id
                and ((event.data or {}).get("after") or {}).get("partner")
            )
            last[lead] = ((lead.partner_id and current) or of_lead)[:1]
        return last

    def _get_last_client_event(self):
        self.ensure_one()
        return self._map_last_client_events()[self]


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        # a client that was merged into another one since goes by its name
        name = names.get(("client", data.get("client"))) or self.sudo().partner_id.display_name
        values = {"client": name or self.env._("(none)")}
        match self.kind:
            case "link":
                return self.env._("Linked to %(client)s", **values)
            case "convert":
                return self.env._("Converted: %(client)s was made from it", **values)
            case "detach":
                return self.env._("Detached from %(client)s", **values)
            case "undo" if data.get("after", {}).get("partner"):
                return self.env._("Undone: belongs to %(client)s again", **values)
            case "undo":
                return self.env._("Undone: does not belong to %(client)s any more", **values)
            case "not_client":
                return self.env._("%(client)s is another person", **values)
        return super()._get_summary(data, names)
