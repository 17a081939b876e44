from odoo import models
from odoo.exceptions import UserError

from .crm_lead_client import ClientChange


class CrmLead(models.Model):
    """Undo: whatever was done about a lead's client is taken back on both sides, and the taking back too."""

    _inherit = "crm.lead"

    def action_undo_client(self):
        """Undo the last thing that was done about the client of each lead: link, conversion, detachment, or undo.

        :return: an action that says what could not be restored, or True
        :raise AccessError: without the right to detach
        :raise UserError: when there is nothing to undo, or a later document depends on it
        """
        self.check_access("write")
        self._check_detach_right()
        self._lock_for_client()
        self._check_seen_client()
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
        remarks = self._get_undo_remarks(event, client)
        if client.id != data["client"]:  # what was made and filled in is part of another client now
            values = {}
        if self.partner_id:
            self._check_no_later_documents(client, is_made=self._made_client(data) and bool(values))
        if values.get("active") == [False, True] and not data.get("is_made"):  # the link took it out of the archive
            documents = client.sudo()._get_dependents(except_lead=self)
            if documents:
                values = {name: change for name, change in values.items() if name != "active"}
                remarks.append(
                    self.env._(
                        "%(client)s stays out of the archive, because of what belongs to it: %(documents)s.",
                        client=client.display_name,
                        documents=", ".join(dict.fromkeys(documents)),
                    )
                )
        restored, kept = self._restore_client_values(client, values)
        told = {
            "client": client.id,
            "values": restored,
            "changed_since": kept,
            "is_made": data.get("is_made"),
            "cancelled_call": self._cancel_client_call(data, client),
        }
        if data.get("cancelled_call"):
            told["call"] = self._plan_client_call(old_client).id
        change = ClientChange("undo", before["status"], before["date"] or False, data={self: told})
        contact = {}
        if before["partner"]:
            change.is_kept = before["kept"]
        else:
            contact = self._get_unchanged_contact(data)
        self.with_context(lead_client=change).write({"partner_id": old_client.id, **contact})
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

    def _get_undo_remarks(self, event, client):
        data, remarks = event.data, []
        if data.get("goes_on") and self.env["crm.lead.event"].sudo().search_count(
            [("lead_id", "=", self.id), ("kind", "=", "succeed"), ("id", ">", event.id)], limit=1
        ):
            remarks.append(
                self.env._(
                    "%(lead)s has gone on as %(type)s because of its client, and stays there.",
                    lead=self.display_name,
                    type=self.lead_type_id.display_name,
                )
            )
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

    def _made_client(self, data):
        """Whether an undo of this event takes away a client that was made by it."""
        return data.get("is_made") and (data.get("values") or {}).get("active") == [False, True]

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
