from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .crm_stage import PENDING_TYPES

# the fields that name the stages of proposals, in the order in which leads pass them
PROPOSAL_STEPS = {
    "draft": "proposal_draft_stage_id",
    "ready": "proposal_ready_stage_id",
    "sent": "proposal_sent_stage_id",
}
PROPOSAL_STAGES = tuple(PROPOSAL_STEPS.values())
ORDER_STAGES = (*PROPOSAL_STAGES, "order_confirmed_stage_id")


class CrmLeadType(models.Model):
    """Proposals and orders: the stages of a lead type that follow from them."""

    _inherit = "crm.lead.type"

    proposal_draft_stage_id = fields.Many2one(
        "crm.stage",
        "Proposal Drafted",
        ondelete="restrict",
        help="The stage of leads whose proposal is being prepared. With one of the proposal stages, an order that "
        "is linked to a lead wins it only once it is confirmed. Without them, linking it wins the lead at once.",
    )
    proposal_ready_stage_id = fields.Many2one(
        "crm.stage",
        "Proposal Ready",
        ondelete="restrict",
        help="The stage of leads whose proposals are ready, to be sent later. They can be listed and sent together.",
    )
    proposal_sent_stage_id = fields.Many2one(
        "crm.stage",
        "Proposal Sent",
        ondelete="restrict",
        help="The stage of leads whose customer has the proposal. Moving a lead there by hand says that its quotations "
        "were sent.",
    )
    order_confirmed_stage_id = fields.Many2one(
        "crm.stage",
        "Order Confirmed",
        ondelete="restrict",
        help="The stage of leads whose order is confirmed. Empty: the first qualified stage.",
    )

    @api.constrains("stage_ids", *ORDER_STAGES)
    def _check_order_stages(self):
        for lead_type in self:
            for name in ORDER_STAGES:
                stage = lead_type[name]
                if not stage:
                    continue
                if name in PROPOSAL_STAGES and stage.stage_type not in PENDING_TYPES:
                    raise ValidationError(
                        self.env._(
                            "“%(stage)s” closes a lead. Choose an open stage for the proposals of “%(type)s”.",
                            stage=stage.name,
                            type=lead_type.name,
                        )
                    )
                if name not in PROPOSAL_STAGES and stage.stage_type != "qualified":
                    raise ValidationError(
                        self.env._(
                            "“%(stage)s” does not win a lead. Choose a qualified stage for the confirmed orders of "
                            "“%(type)s”.",
                            stage=stage.name,
                            type=lead_type.name,
                        )
                    )
                if not lead_type._owns_stage(stage):
                    raise ValidationError(
                        self.env._(
                            "“%(stage)s” is not a stage of “%(type)s”. Add it to the type's stages, or choose another "
                            "one for its proposals and orders.",
                            stage=stage.name,
                            type=lead_type.name,
                        )
                    )

    def _has_proposal_stages(self):
        """Whether leads of this type wait for their proposal; without such stages an order settles them at once."""
        return any(self[name] for name in PROPOSAL_STAGES)


class CrmStage(models.Model):
    _inherit = "crm.stage"

    def _get_types_by_order_stage(self):
        """Lead types, archived ones too, whose proposals or orders lead to one of these stages."""
        lead_types = self.env["crm.lead.type"].sudo().with_context(active_test=False)
        return lead_types.search(Domain.OR(Domain(name, "in", self.ids) for name in ORDER_STAGES))

    @api.constrains("lead_type_ids", "stage_type")
    def _check_order_stages(self):
        self._get_types_by_order_stage()._check_order_stages()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_order_stage(self):
        lead_type = self._get_types_by_order_stage()[:1]
        if lead_type:
            stage = next(lead_type[name] for name in ORDER_STAGES if lead_type[name] in self)
            raise ValidationError(
                self.env._(
                    "Proposals or orders of the type “%(type)s” lead to “%(stage)s”. Choose another stage for them "
                    "first.",
                    type=lead_type.name,
                    stage=stage.name,
                )
            )
