from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, ValidationError
from odoo.fields import Command

STAGE_TYPES = [
    ("open", "Open"),
    ("frozen", "Frozen"),
    ("qualified", "Qualified"),
    ("not_interested", "Not interested"),
    ("abandoned", "Abandoned"),
]
# what a stage type means for a lead in Odoo's own sense (crm.lead.won_status)
WON_STATUS = {
    "open": "pending",
    "frozen": "pending",
    "qualified": "won",
    "not_interested": "lost",
    "abandoned": "lost",
}
LOST_TYPES = tuple(stage_type for stage_type, status in WON_STATUS.items() if status == "lost")
PENDING_TYPES = tuple(stage_type for stage_type, status in WON_STATUS.items() if status == "pending")


class CrmStage(models.Model):
    _inherit = "crm.stage"

    active = fields.Boolean(default=True, help="An archived stage can't be chosen; leads that are in it stay there.")
    stage_type = fields.Selection(
        STAGE_TYPES,
        required=True,
        default="open",
        help="What the stage means for its leads.\n"
        "Open: being worked.\n"
        "Frozen: paused, neither expires nor goes overdue.\n"
        "Qualified: won.\n"
        "Not interested: lost.\n"
        "Abandoned: lost, because nobody took it in charge in time.",
    )
    lead_type_ids = fields.Many2many(
        "crm.lead.type",
        "crm_lead_type_stage_rel",
        "stage_id",
        "lead_type_id",
        string="Lead Types",
        help="Lead types that use this stage. Empty: every type.",
    )
    preset_key = fields.Char(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="Under which name a preset of lead types knows this stage.",
    )
    lost_reason_required = fields.Boolean(
        "Reason Required", help="Whoever puts a lead into this stage has to say why it was lost."
    )

    _stage_type_is_won = models.Constraint(
        "CHECK ((stage_type = 'qualified') = COALESCE(is_won, false))",
        "A stage is a won stage if and only if its stage type is “Qualified”.",
    )

    _preset_key_uniq = models.UniqueIndex(
        "(preset_key) WHERE preset_key IS NOT NULL", "Somebody has just loaded this lead type. Load the page again."
    )

    @api.constrains("lead_type_ids")
    def _check_lead_types(self):
        """A stage that is taken from a type must not be one that its leads start in or move to."""
        self.env["crm.lead.type"].sudo().search([("initial_stage_id", "in", self.ids)])._check_initial_stage()
        transitions = self.env["crm.stage.transition"].sudo()
        transitions.search(["|", ("from_stage_id", "in", self.ids), ("to_stage_id", "in", self.ids)])._check_stages()

    @api.constrains("rotting_threshold_days")
    def _check_rotting_threshold_days(self):
        for stage in self:
            if not 0 <= stage.rotting_threshold_days <= 3650:
                raise ValidationError(self.env._("A lead expires in a stage after 1 to 3650 days. Write 0 for never."))

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        default_type = self.default_get(["stage_type"]).get("stage_type")
        lead_type_id = self.env.context.get("default_lead_type_id")
        for vals in vals_list:
            if lead_type_id:  # a column made in the pipeline of a type
                vals.setdefault("lead_type_ids", [Command.link(lead_type_id)])
            vals.setdefault("stage_type", "qualified" if vals.get("is_won") else default_type)
            self._sync_stage_type(vals)
        return super().create(vals_list)

    def write(self, vals):
        vals = dict(vals)
        if "is_won" in vals and not vals["is_won"] and "stage_type" not in vals:
            # no longer won: only won stages change, and become open ones
            won = self.filtered("is_won")
            others = self - won
            super(CrmStage, others).write({name: value for name, value in vals.items() if name != "is_won"})
            return not won or won.write({**vals, "stage_type": "open"})
        self._sync_stage_type(vals)
        if "stage_type" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda stage: stage.stage_type != vals["stage_type"])
        changed._check_retype(vals["stage_type"])
        # writing `is_won` makes Odoo rewrite the leads of a stage: only where it does change
        same_won = self.filtered(lambda stage: stage.is_won == vals["is_won"])
        if same_won:
            super(CrmStage, same_won).write({name: value for name, value in vals.items() if name != "is_won"})
        if self - same_won:
            super(CrmStage, self - same_won).write(vals)
        return True

    def _sync_stage_type(self, vals):
        """Complete ``vals`` so that the stage type and Odoo's ``is_won`` say the same, and fold what holds lost leads.

        :raise ValidationError: when both are given and contradict each other
        """
        if vals.get("is_won") and "stage_type" not in vals:
            vals["stage_type"] = "qualified"
        if "stage_type" in vals:
            if not vals["stage_type"]:
                raise ValidationError(self.env._("Choose the type of the stage."))
            is_won = vals["stage_type"] == "qualified"
            if bool(vals.get("is_won", is_won)) != is_won:
                raise ValidationError(
                    self.env._(
                        "A stage is a won stage if and only if its stage type is “Qualified”. Give one of the two."
                    )
                )
            vals["is_won"] = is_won
            if vals["stage_type"] in LOST_TYPES:
                vals.setdefault("fold", True)

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()  # moves go with their stages
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_all_moves(self):
        """A type without moves is free, which nobody wants who deletes a stage."""
        transitions = self.env["crm.stage.transition"].sudo()
        moves = transitions.search(["|", ("from_stage_id", "in", self.ids), ("to_stage_id", "in", self.ids)])
        for lead_type in moves.lead_type_id:
            others = [("lead_type_id", "=", lead_type.id), ("id", "not in", moves.ids)]
            if not transitions.search_count(others, limit=1):
                raise ValidationError(
                    self.env._(
                        "All moves of “%(type)s” begin or end in “%(stage)s”. List others first, or take these out.",
                        type=lead_type.name,
                        stage=self[0].name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        counts = self._count_leads()
        used = self.filtered(lambda stage: counts[stage.id])
        if used:
            raise used[0]._remap_warning(
                "delete",
                self.env._(
                    "The stage “%(stage)s” is in use (leads: %(count)s). Move them to another stage, then "
                    "it can be deleted.",
                    stage=used[0].name,
                    count=sum(counts[used[0].id].values()),
                ),
            )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_archive(self):
        """Archive, and where leads stay behind offer to move them."""
        res = super().action_archive()
        counts = self._count_leads()
        used = self.filtered(lambda stage: counts[stage.id])
        if not used:
            return res
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_stage_remap_action")
        return {
            **action,
            "context": {"dialog_size": "medium", "default_stage_id": used[0].id, "default_operation": "archive"},
        }

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _count_leads(self):
        """How many leads each stage holds, those of all companies, archived and removed ones too.

        :return: ``{stage_id: {status: count}}`` where status is Odoo's ``won_status`` or ``removed``
        """
        counts = defaultdict(dict)
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        groups = leads._read_group(
            [("stage_id", "in", self.ids)], ["stage_id", "won_status", "client_status"], ["__count"]
        )
        for stage, won_status, client_status, count in groups:
            status = "removed" if client_status == "removed" else won_status
            counts[stage.id][status] = counts[stage.id].get(status, 0) + count
        return counts

    def _check_retype(self, stage_type):
        """Refuse to turn leads won, lost or open by changing the type of the stage that they are in.

        :raise RedirectWarning: with the number of leads and the way to move them first
        """
        status = WON_STATUS[stage_type]
        if status != "pending":
            starting = self.env["crm.lead.type"].sudo().search([("initial_stage_id", "in", self.ids)], limit=1)
            if starting:
                raise ValidationError(
                    self.env._(
                        "Leads of the type “%(type)s” start in “%(stage)s”. Choose another initial stage first.",
                        type=starting.name,
                        stage=starting.initial_stage_id.name,
                    )
                )
        counts = self._count_leads()
        for stage in self:
            if WON_STATUS[stage.stage_type] == status:
                continue
            # leads that Odoo lost in an open stage stay where they are; every other lead must agree with the new type
            agreeing = {status, "removed"} | (
                {"lost"} if status == "pending" and stage.stage_type in PENDING_TYPES else set()
            )
            count = sum(number for lead_status, number in counts[stage.id].items() if lead_status not in agreeing)
            if count:
                raise stage._remap_warning(
                    "retype",
                    self.env._(
                        "The stage “%(stage)s” is in use (leads: %(count)s), and they can't become "
                        "“%(type)s” by a change of the stage. Move them to another stage first.",
                        stage=stage.name,
                        count=count,
                        type=dict(self._fields["stage_type"]._description_selection(self.env))[stage_type],
                    ),
                    new_stage_type=stage_type,
                )

    def _remap_warning(self, operation, message, **defaults):
        self.ensure_one()
        context = {"dialog_size": "medium", "default_stage_id": self.id, "default_operation": operation}
        context.update({f"default_{name}": value for name, value in defaults.items()})
        return RedirectWarning(
            message,
            self.env.ref("crm_lead_lifecycle.crm_stage_remap_action").id,
            self.env._("Move the leads"),
            context,
        )
