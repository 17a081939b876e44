from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .crm_lead_link_client_candidate import BANDS

DECISIONS = [("link", "Assign"), ("create", "New client"), ("skip", "Leave")]


class CrmLeadLinkClientMass(models.TransientModel):
    """The dialog that assigns many leads at once: what is sure is proposed, the rest is left to a look at each."""

    _name = "crm.lead.link.client.mass"
    _description = "Assign Leads to Clients"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)
    line_ids = fields.One2many(
        "crm.lead.link.client.mass.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    summary = fields.Char(compute="_compute_summary")
    notify_salesperson = fields.Boolean(default=True)

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards.mapped("line_ids")  # now, as the user: who flushes them later may see more
        return wizards

    @api.depends("lead_ids")
    def _compute_line_ids(self):
        for wizard in self:
            leads = wizard.lead_ids.filtered(lambda lead: not lead.partner_id)
            asked = [lead._get_match_values() for lead in leads]
            found = self.env["crm.client.match"].search_candidates_batch(asked, limit=1)
            lines = []
            for lead, candidates in zip(leads, found, strict=True):
                best = candidates[0] if candidates else {}
                lines.append(
                    {
                        "lead_id": lead.id,
                        "partner_id": best.get("partner_id"),
                        "score": best.get("score"),
                        "band": best.get("band"),
                        "reasons": " · ".join(best.get("reasons", ())),
                        "decision": "link" if best.get("band") == "auto" else "skip",
                    }
                )
            wizard.line_ids = [Command.clear(), *map(Command.create, lines)]

    @api.depends("line_ids.decision")
    def _compute_summary(self):
        for wizard in self:
            decisions = wizard.line_ids.mapped("decision")
            counts = {name: decisions.count(name) for name, _label in DECISIONS}
            wizard.summary = self.env._(
                "%(link)s to be assigned, %(create)s new clients, %(skip)s left for a closer look", **counts
            )

    def _get_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_link_client_mass_action")
        return {**action, "res_id": self.id}

    def action_apply(self):
        """Do what is chosen for each lead. What is refused for one does not stop the others.

        :return: an action that says how many were assigned, and what was refused
        """
        self.ensure_one()
        self.lead_ids._check_may_see_clients()
        done, refused = 0, []
        for line in self.line_ids.filtered(lambda line: line.decision != "skip"):
            try:
                with self.env.cr.savepoint():
                    line._apply()
                    self.env.flush_all()
                done += 1
            except UserError as error:
                refused.append(f"{line.lead_id.display_name}: {error}")
        message = self.env._("%(count)s leads have their client.", count=done)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if refused else "success",
                "sticky": bool(refused),
                "message": "\n".join([message, *refused]),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class CrmLeadLinkClientMassLine(models.TransientModel):
    """What is to be done about the client of one of many leads."""

    _name = "crm.lead.link.client.mass.line"
    _description = "Lead to Assign"
    _order = "score desc, id"

    wizard_id = fields.Many2one("crm.lead.link.client.mass", required=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", readonly=True)
    contact = fields.Char("As Received", compute="_compute_contact")
    partner_id = fields.Many2one("res.partner", "Best Client", ondelete="cascade")
    score = fields.Integer(readonly=True)
    band = fields.Selection(BANDS, "How Sure", readonly=True)
    reasons = fields.Char("Why", readonly=True)
    decision = fields.Selection(DECISIONS, required=True, default="skip")

    @api.depends("lead_id")
    def _compute_contact(self):
        for line in self:
            lead = line.lead_id
            texts = (lead.contact_name, lead.partner_name, lead.phone, lead.email_from)
            line.contact = " · ".join(filter(None, texts))

    def _apply(self):
        if self.decision == "link":
            if not self.partner_id:
                raise UserError(self.env._("Choose the client, or “New client”."))
            self.lead_id._link_client(self.partner_id, notify=self.wizard_id.notify_salesperson)
            return
        # one of the leads before may have made the client of this one
        candidates = self.env["crm.client.match"].search_candidates(self.lead_id._get_match_values(), limit=1)
        if candidates and candidates[0]["band"] == "auto":
            partner = self.env["res.partner"].browse(candidates[0]["partner_id"])
            self.lead_id._link_client(partner, notify=self.wizard_id.notify_salesperson)
        else:
            dialog = self.env["crm.lead.link.client"].create({"lead_id": self.lead_id.id})
            self.lead_id._convert_client(dialog._prepare_client_values())
