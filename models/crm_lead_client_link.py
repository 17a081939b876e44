from odoo import models
from odoo.exceptions import UserError

from .crm_lead_client import ClientChange
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

    def _link_client(self, partner, notify=False):
        """Link these leads to a client. Nothing is copied onto the lead; what the client lacks is filled in from it.

        :param partner: single res.partner, which the user has to see
        :param bool notify: tell the client's salesperson
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
        for lead in self.filtered(lambda lead: not lead.partner_id):
            filled = lead._get_client_fill(partner)
            values = {name: [lead._get_plain_value(partner, name), value] for name, value in filled.items()}
            data = {"values": values, "notified": notify and lead._get_client_salesperson(partner).id}
            change = ClientChange("link", "linked", data=data)
            lead.with_context(lead_client=change).partner_id = partner
            if filled:
                partner.write(filled)
            if notify:
                lead._notify_client_salesperson(partner)
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
        if not any((values.get(name) or "").strip() for name in ("email", "phone")):
            raise UserError(self.env._("A client needs an e-mail address or a phone number. Fill in one of them."))
        if not (values.get("name") or "").strip():
            raise UserError(self.env._("A client needs a name. Fill it in."))
        self.env["crm.client.claim"]._claim(values)
        self._check_no_such_client(values)
        partner = self.env["res.partner"].create(values)
        call = self._plan_client_call(partner)
        change = ClientChange("convert", "converted", data={"values": {"active": [False, True]}, "call": call.id})
        self.with_context(lead_client=change).partner_id = partner
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
        names = [
            name for name in CONTACT_FIELDS if not partner[name] and not (name == "function" and partner.is_company)
        ]
        if not any(partner[name] for name in ADDRESS_FIELDS if name not in ("state_id", "country_id")):
            names += [name for name in ADDRESS_FIELDS if not partner[name]]
        return {name: known[name] for name in names if known.get(name)}

    def _succeed_with_client(self):
        """Leads of types that say so go on as the next type once they have a client."""
        going = self.filtered(
            lambda lead: lead.stage_type in PENDING_TYPES
            and lead.lead_type_id.sudo().succeeds_with_client
            and lead.lead_type_id.sudo().next_type_id
        )
        for stage, leads in going._by_rule().grouped(going._map_stages("qualified").get).items():
            if stage:
                leads.write({"stage_id": stage.id})

    def _get_client_salesperson(self, partner):
        """Who serves a client and is somebody else than the user: to be told about a lead."""
        user = partner.user_id or partner.commercial_partner_id.user_id
        return user.filtered(lambda user: user.active and user != self.env.user)

    def _notify_client_salesperson(self, partner):
        user = self._get_client_salesperson(partner)
        if not user:
            return
        env = self.with_context(lang=user.lang).env
        partner.message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("New inquiry of %(client)s", client=partner.display_name),
            body=env._(
                "%(user)s has assigned %(lead)s to %(client)s, whom you serve.",
                user=self.env.user.name,
                lead=self.display_name,
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
        free = self.filtered(lambda lead: not lead.partner_id)
        if free:
            raise UserError(self.env._("%(lead)s has no client to detach from.", lead=free[0].display_name))
        self._detach_client()
        return True

    def _detach_client(self):
        """Detach without asking for the right."""
        for lead in self:
            event = lead._get_last_client_event()
            data = event.data or {}
            values = {}
            # another client may have taken this one in since, or another lead have brought it along
            is_of_client = event.partner_id == lead.partner_id and data.get("client") == lead.partner_id.id
            if event.kind != "detach" and is_of_client and not lead._made_client(data):
                values = data.get("values") or {}
            lead._leave_client(ClientChange("detach", "new", data={"client": lead.partner_id.id}), values)

    def _leave_client(self, change, values, contact=None):
        """Take the lead away from its client, and back from the client what came from the lead.

        :param change: :class:`ClientChange`
        :param dict values: ``{field of res.partner: [before, after]}`` that a link wrote
        :param dict contact: what the lead gets back of its own
        :return: the fields that keep their value because somebody has changed them since
        """
        partner = self.partner_id
        restored, kept = self._restore_client_values(partner, values)
        change.data.update(values=restored, changed_since=kept)
        self.with_context(lead_client=change).write({"partner_id": False, **(contact or {})})
        return kept

    def _get_unchanged_contact(self, data):
        """What Odoo's synchronisation with the client wrote over on this lead and nobody has changed since.

        :param dict data: of the event of the link
        :return: ``{field: value before}``
        """
        old, new = data["before"].get("contact") or {}, data["after"].get("contact") or {}
        return {
            name: value or False
            for name, value in old.items()
            if value != new.get(name) and (self._get_plain_value(self, name) or None) == new.get(name)
        }

    def action_undo_client(self):
        """Undo the last thing that was done about the client of each lead: link, conversion, detachment, or undo.

        :return: an action that says what could not be restored, or True
        :raise AccessError: without the right to detach
        :raise UserError: when there is nothing to undo, or a later document depends on it
        """
        self.check_access("write")
        self._check_detach_right()
        self._lock_for_client()
        remarks = [remark for lead in self for remark in lead._undo_client()]
        if not remarks:
            return True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Undone, but not everything could be restored"),
                "message": "\n".join(dict.fromkeys(remarks)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _undo_client(self):
        """
        :return: sentences on what could not be restored, and why
        """
        event = self._get_last_client_event()
        data = event.data or {}
        if not data.get("before"):
            raise UserError(self.env._("Nothing was done about the client of %(lead)s.", lead=self.display_name))
        before, partners = data["before"], self.env["res.partner"].with_context(active_test=False)
        # a client that was merged into another one since is found by the link of the event, which the merge has moved
        client = (event.partner_id or partners.browse(data["client"])).exists()
        old_client = (
            client if before["partner"] == data["client"] else partners.browse(before["partner"] or ()).exists()
        )
        if self.partner_id and self.partner_id != client or before["partner"] and not old_client:
            raise UserError(
                self.env._(
                    "The client of %(lead)s has been changed or deleted since, so this can't be undone.",
                    lead=self.display_name,
                )
            )
        values = data.get("values") or {}
        remarks = self._get_undo_remarks(data, client)
        if client.id != data["client"]:  # what was made and filled in is part of another client now
            values = {}
        if self.partner_id:
            self._check_no_later_documents(client, is_made=values.get("active") == [False, True])
        change = ClientChange("undo", before["status"], before["date"], data={"client": client.id})
        if not before["partner"]:
            kept = self._leave_client(change, values, contact=self._get_unchanged_contact(data))
            self._cancel_client_call(data)
        else:
            restored, kept = self._restore_client_values(client, values)
            change.is_kept = before["kept"]
            change.data.update(values=restored, changed_since=kept)
            if restored.get("active"):
                change.data["call"] = self._plan_client_call(old_client).id
            self.with_context(lead_client=change).write({"partner_id": old_client.id})
        if kept:
            labels = [client._fields[name]._description_string(self.env) for name in kept]
            remarks.append(
                self.env._(
                    "%(client)s keeps %(fields)s: somebody has changed it since.",
                    client=client.display_name,
                    fields=", ".join(labels),
                )
            )
        return remarks

    def _get_undo_remarks(self, data, client):
        remarks = []
        if data.get("notified"):
            user = self.env["res.users"].browse(data["notified"]).exists()
            remarks.append(self.env._("The message to %(user)s can't be taken back.", user=user.name or ""))
        if self._made_client(data) and client.parent_id:
            remarks.append(self.env._("The company %(company)s stays.", company=client.parent_id.display_name))
        if client.id != data["client"]:
            remarks.append(
                self.env._(
                    "The client has been merged into %(client)s since, which keeps all its data.",
                    client=client.display_name,
                )
            )
        return remarks

    def _check_no_later_documents(self, client, is_made):
        """
        :param bool is_made: whether the undo would take away the client itself
        :raise UserError: which names the documents that depend on the link
        """
        names = [
            order.name
            for order in self.sudo().order_ids
            if order.partner_id.commercial_partner_id == client.commercial_partner_id
        ]
        if is_made:
            names += client.sudo()._get_dependents(except_lead=self)
        if names:
            raise UserError(
                self.env._(
                    "This can't be undone any more, because of what has come of it: %(documents)s. Detach the lead "
                    "from %(client)s instead.",
                    documents=", ".join(dict.fromkeys(names)),
                    client=client.display_name,
                )
            )

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

    def _made_client(self, data):
        return (data.get("values") or {}).get("active") == [False, True]

    def _get_last_client_event(self):
        self.ensure_one()
        return (
            self.env["crm.lead.event"]
            .sudo()
            .search([("lead_id", "=", self.id), ("kind", "in", CLIENT_EVENTS)], order="id desc", limit=1)
        )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        values = {"client": names.get(("client", data.get("client"))) or self.env._("(none)")}
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
