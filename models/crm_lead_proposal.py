from odoo import api, fields, models
from odoo.fields import Domain

from .crm_lead_type_proposal import PROPOSAL_STAGES, PROPOSAL_STEPS
from .crm_stage import PENDING_TYPES
from .sale_order_proposal import LIVE_STATES

PROPOSAL_STATUSES = [
    ("none", "No proposal"),
    ("draft", "In preparation"),
    ("sent", "With the customer"),
    ("over", "Expired or refused"),
    ("accepted", "Accepted"),
]


class CrmLead(models.Model):
    """Proposals: the quotations of a lead, and how it follows them."""

    _inherit = "crm.lead"

    proposal_deadline = fields.Date(
        "Proposals Valid To",
        copy=False,
        help="Until when the proposals sent to the customer are valid. New quotations are valid as long, and a later "
        "day extends those that are open. It does not close the lead.",
    )
    is_proposal_expired = fields.Boolean(
        "Proposals Expired", compute="_compute_is_proposal_expired", search="_search_is_proposal_expired"
    )
    proposal_status = fields.Selection(
        PROPOSAL_STATUSES,
        "Proposals",
        compute="_compute_proposal_status",
        search="_search_proposal_status",
        help="How the quotations of the lead stand. When all of them have expired or were refused, the lead waits for "
        "a conclusion: it does not close by itself.",
    )

    is_ready_to_send = fields.Boolean(
        "Proposals Ready",
        compute="_compute_is_ready_to_send",
        search="_search_is_ready_to_send",
        help="The lead is in the stage of its type in which proposals wait to be sent.",
    )

    _proposal_deadline_idx = models.Index(
        "(proposal_deadline) WHERE proposal_deadline IS NOT NULL AND stage_type = 'open' AND active IS TRUE"
    )

    # ------------------------------------------------------------
    # STATUS
    # ------------------------------------------------------------

    @api.depends("stage_id", "lead_type_id")
    def _compute_is_ready_to_send(self):
        for lead in self:
            stage = lead.lead_type_id.sudo().proposal_ready_stage_id
            lead.is_ready_to_send = bool(stage) and lead.stage_id == stage

    def _search_is_ready_to_send(self, operator, value):
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        lead_types = self.env["crm.lead.type"].sudo().with_context(active_test=False)
        return Domain.OR(
            Domain("lead_type_id", "=", lead_type.id) & Domain("stage_id", "=", lead_type.proposal_ready_stage_id.id)
            for lead_type in lead_types.search([("proposal_ready_stage_id", "!=", False)])
        )

    @api.depends("order_ids.state", "order_ids.validity_date")
    def _compute_proposal_status(self):
        """As superuser: whoever sees the lead sees how its proposals stand, also those of colleagues. Searched: what
        the cache has of a lead's orders may be what somebody else may see of them."""
        domain = Domain("opportunity_id", "in", self.ids)
        names = ["opportunity_id", "state", "validity_date"]
        found = self.env["sale.order"].sudo().search_fetch(domain, names, order="id").grouped("opportunity_id")
        valid = self._get_valid_domain()
        for lead in self:
            orders = found.get(lead._origin, self.env["sale.order"])
            standing = set(orders.filtered_domain(valid).mapped("state"))
            if not orders:
                lead.proposal_status = "none"
            elif "sale" in orders.mapped("state"):
                lead.proposal_status = "accepted"
            elif "sent" in standing:
                lead.proposal_status = "sent"
            else:
                lead.proposal_status = "draft" if "draft" in standing else "over"

    def _search_proposal_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        live = self._get_valid_domain()
        accepted = self._having_proposals(Domain("state", "=", "sale"))
        sent = self._having_proposals(Domain("state", "=", "sent") & live)
        draft = self._having_proposals(Domain("state", "=", "draft") & live)
        some = self._having_proposals(Domain.TRUE)
        domains = {
            "none": ~some,
            "accepted": accepted,
            "sent": sent & ~accepted,
            "draft": draft & ~sent & ~accepted,
            "over": some & ~draft & ~sent & ~accepted,
        }
        return Domain.OR(domain for status, domain in domains.items() if status in value)

    def _get_valid_domain(self):
        """Of the quotations those that have not expired, by the day that Odoo counts by."""
        return Domain("validity_date", "=", False) | Domain("validity_date", ">=", fields.Date.today())

    def _having_proposals(self, domain):
        """The leads with such orders; an order's own rules do not decide which leads are found."""
        orders = self.env["sale.order"].sudo()
        return Domain("order_ids", "in", orders._search(domain & Domain("opportunity_id", "!=", False)))

    # ------------------------------------------------------------
    # STAGES
    # ------------------------------------------------------------

    def _follow_proposals(self, step):
        """Take pending leads to the stage of their type that follows from a proposal, forward only; it is a configured
        rule that moves them.

        :param str step: ``draft``, ``ready`` or ``sent``
        """
        moving = self.filtered(lambda lead: lead.active and lead.stage_type in PENDING_TYPES)
        for (lead_type, stage), leads in moving.grouped(lambda lead: (lead.lead_type_id, lead.stage_id)).items():
            target = lead_type.sudo()[PROPOSAL_STEPS[step]].with_env(self.env)
            if target.active and lead_type.sudo()._is_before(stage, target):
                leads._by_rule().write({"stage_id": target.id})

    # ------------------------------------------------------------
    # VALIDITY
    # ------------------------------------------------------------

    @api.depends("proposal_deadline", "proposal_status", "stage_type", "active")
    @api.depends_context("tz")
    def _compute_is_proposal_expired(self):
        """Proposals are valid until their last day is over where the reader is, and as long as one of them still can be
        accepted, or was."""
        today = fields.Date.context_today(self)
        for lead in self:
            last_day = lead.active and lead.stage_type == "open" and lead.proposal_deadline
            lead.is_proposal_expired = bool(last_day and last_day < today and lead.proposal_status in ("none", "over"))

    def _search_is_proposal_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        standing = Domain("state", "=", "sale") | (Domain("state", "in", LIVE_STATES) & self._get_valid_domain())
        past = self._get_past_domain("proposal_deadline", fields.Date.context_today(self))
        return past & ~self._having_proposals(standing)

    def write(self, vals):
        """Whoever sets a later day extends what was proposed; a day that is completed, or taken over by a merge, does
        not."""
        res = super().write(vals)
        is_kept = self.env.context.get("keeps_validity") or self.env.context.get("merged_leads")
        if vals.get("proposal_deadline") and not is_kept:
            self._extend_proposals()
        return res

    def _prepare_opportunity_quotation_context(self):
        """The source of a quotation stands in Odoo's mails to the customer: the number, as the name is for the desk."""
        return {**super()._prepare_opportunity_quotation_context(), "default_origin": self.number}

    def _complete_proposal_deadline(self):
        """A lead without a day of its own has the last day of the proposals that were sent."""
        for lead in self.filtered(lambda lead: not lead.proposal_deadline):
            days = lead.order_ids.filtered(lambda order: order.state == "sent").mapped("validity_date")
            if days and all(days):
                lead.with_context(keeps_validity=True).proposal_deadline = max(days)

    def _extend_proposals(self):
        """Proposals that would end before are valid as long as the lead says; one that says longer keeps it."""
        for deadline, leads in self.grouped("proposal_deadline").items():
            leads.sudo().order_ids.filtered(
                lambda order, deadline=deadline: order.state in LIVE_STATES
                and order.validity_date
                and order.validity_date < deadline
            ).write({"validity_date": deadline})


class CrmLeadType(models.Model):
    _inherit = "crm.lead.type"

    def _is_before(self, stage, target):
        """Whether ``target`` lies ahead of who is in ``stage``: by the order of the proposal stages, else of all."""
        stages = [self[name] for name in PROPOSAL_STAGES]
        if stage in stages and target in stages:
            return stages.index(stage) < stages.index(target)
        return (stage.sequence, stage.id) < (target.sequence, target.id)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind != "proposal":
            return super()._get_summary(data, names)
        match data.get("step"):
            case "created":
                return self.env._("Proposal %(name)s was begun", name=data.get("name"))
            case "sent":
                return self.env._("Proposal %(name)s was sent", name=data.get("name"))
            case "refused":
                return self.env._("The customer refused the proposal %(name)s", name=data.get("name"))
            case "cancelled":
                return self.env._("Proposal %(name)s was cancelled", name=data.get("name"))
        return ""
