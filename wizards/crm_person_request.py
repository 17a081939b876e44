import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CrmPersonRequest(models.TransientModel):
    """The dialog for whoever asks what is known of them, or to be erased: it begins with a lead or a contact, lists
    what else is the same person's, and says what would be done before anything is."""

    _name = "crm.person.request"
    _description = "Data of a Person"

    purpose = fields.Selection([("erase", "Erase"), ("export", "Export")], default="erase", required=True)
    lead_id = fields.Many2one("crm.lead", "Lead", ondelete="cascade", context={"active_test": False})
    partner_id = fields.Many2one("res.partner", "Contact", ondelete="cascade", context={"active_test": False})
    line_ids = fields.One2many(
        "crm.person.request.line",
        "request_id",
        "Belongs to the Person",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    hidden = fields.Integer(compute="_compute_hidden", store=True, compute_sudo=False, export_string_translation=False)
    hidden_notice = fields.Char("What You May Not See", compute="_compute_hidden_notice")
    goes = fields.Text("What Goes", compute="_compute_goes", compute_sudo=False)
    stays = fields.Text("What Stays", compute="_compute_goes", compute_sudo=False)
    # in the row itself: it goes with the dialog, within some hours
    file = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)
    state = fields.Selection([("choose", "Choose"), ("done", "Done")], default="choose", readonly=True)

    @api.depends("lead_id", "partner_id")
    def _compute_line_ids(self):
        for request in self:
            matches, _hidden = self.env["crm.person"]._find(request.lead_id, request.partner_id)
            request.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "lead_id": match.record._name == "crm.lead" and match.record.id,
                            "partner_id": match.record._name == "res.partner" and match.record.id,
                            "reason": match.reason,
                            "problem": match.problem,
                            "is_chosen": match.is_likely,
                        }
                    )
                    for match in matches
                ),
            ]

    @api.depends("lead_id", "partner_id")
    def _compute_hidden(self):
        for request in self:
            _matches, request.hidden = self.env["crm.person"]._find(request.lead_id, request.partner_id)

    @api.depends("hidden")
    def _compute_hidden_notice(self):
        self.hidden_notice = False
        for request in self.filtered("hidden"):
            request.hidden_notice = self.env._(
                "Leads and contacts of the same phone or e-mail that you may not see stay: %(count)s. They belong to "
                "another company or team; whoever may see them has to decide on them.",
                count=request.hidden,
            )

    @api.depends("line_ids.is_chosen")
    def _compute_goes(self):
        for request in self:
            goes, stays = self.env["crm.person"]._tell_erasure(*request._get_chosen())
            request.goes = "\n".join(goes)
            request.stays = "\n".join(filter(None, (*stays, request.hidden_notice)))

    @api.model_create_multi
    def create(self, vals_list):
        """What a person may see is found with their rights, not whenever the cache is written."""
        requests = super().create(vals_list)
        requests._recompute_recordset(["line_ids", "hidden"])
        return requests

    def _get_chosen(self):
        """
        :return: the leads and the contacts that were chosen, whether archived or not
        """
        lines = self.line_ids.filtered(lambda line: line.is_chosen and not line.problem)
        return lines.lead_id, lines.partner_id

    def _check_chosen(self):
        if not any(self._get_chosen()):
            raise UserError(self.env._("Choose at least one lead or contact."))

    def _check_nothing_new(self):
        """
        :raise UserError: if something of the person has come in since the dialog was opened: whoever confirms has not
            seen it
        """
        matches, _hidden = self.env["crm.person"]._find(self.lead_id, self.partner_id)
        listed = {*self.line_ids.lead_id, *self.line_ids.partner_id}
        new = [match.record for match in matches if match.record not in listed]
        if new:
            raise UserError(
                self.env._(
                    "Something of this person has come in since you opened this: %(records)s. Open it again.",
                    records=", ".join(record.display_name for record in new[:5]),
                )
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_erase(self):
        """Erase what was chosen, and say what was done."""
        self.ensure_one()
        self._check_chosen()
        self._check_nothing_new()
        partner, remarks = self.partner_id, list(filter(None, [self.hidden_notice]))
        result = self.env["crm.person"]._erase(*self._get_chosen())
        # with the contact that it was opened on this dialog is gone too, and nothing is left to be shown
        is_gone = partner and not partner.exists()
        contacts = self.env["ir.actions.act_window"]._for_xml_id("base.action_partner_form") if is_gone else {}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": "\n".join([*result, *remarks]),
                "sticky": True,
                "next": {**contacts, "target": "main"}
                if is_gone
                else {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_export(self):
        """Make the file of what was chosen.

        :return: the same dialog, with the file
        """
        self.ensure_one()
        self._check_chosen()
        leads, partners = self._get_chosen()
        content = self.env["crm.person"]._export(leads, partners)
        first = leads[:1].number or f"contact-{partners[:1].id}"
        self.write(
            {
                "file": base64.b64encode(content),
                "file_name": f"{first.replace('/', '-')}.zip",  # no name: it may lie around
                "state": "done",
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_lead_lifecycle.crm_person_request_action_export_lead"
        )
        return {**action, "res_id": self.id, "context": {"dialog_size": "large"}}


class CrmPersonRequestLine(models.TransientModel):
    """A lead or a contact that may be the person's."""

    _name = "crm.person.request.line"
    _description = "Record of a Person"

    request_id = fields.Many2one("crm.person.request", required=True, ondelete="cascade", index=True)
    lead_id = fields.Many2one("crm.lead", "Lead", readonly=True, ondelete="cascade", context={"active_test": False})
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, ondelete="cascade", context={"active_test": False}
    )
    name = fields.Char("Who", compute="_compute_name", compute_sudo=False)
    email = fields.Char("E-mail", compute="_compute_name", compute_sudo=False)
    phone = fields.Char(compute="_compute_name", compute_sudo=False)
    reason = fields.Char("Why", readonly=True)
    problem = fields.Char("Why Not", readonly=True)
    is_chosen = fields.Boolean("Include")

    @api.depends("lead_id", "partner_id")
    def _compute_name(self):
        for line in self:
            lead, partner = line.lead_id, line.partner_id
            line.name = lead.display_name or partner.display_name
            line.email = lead.email_from or partner.email
            line.phone = lead.phone or partner.phone
