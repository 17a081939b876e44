import { fields, models } from "@web/../tests/web_test_helpers";

export class CrmStage extends models.Model {
    _name = "crm.stage";

    name = fields.Char();
    sequence = fields.Integer();
    fold = fields.Boolean();
    stage_type = fields.Char();
    lost_reason_required = fields.Boolean();
}

export class CrmLeadType extends models.Model {
    _name = "crm.lead.type";

    name = fields.Char();

    _records = [
        { id: 1, name: "Booking" },
        { id: 2, name: "Contract" },
    ];
}

export class CrmLead extends models.Model {
    _name = "crm.lead";

    name = fields.Char();
    lead_type_id = fields.Many2one({ relation: "crm.lead.type" });
    stage_id = fields.Many2one({ relation: "crm.stage", group_expand: true });
    stage_type = fields.Char({ related: "stage_id.stage_type" });
    type_stage_ids = fields.Many2many({ relation: "crm.stage" });
    allowed_stage_ids = fields.Many2many({ relation: "crm.stage" });
}
