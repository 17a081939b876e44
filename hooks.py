from odoo.tools import SQL

from .models.crm_lead_type_proposal import ORDER_STAGES
from .models.res_company import LEAD_NUMBER_CODE

# Columns made before the ORM makes them, so that it does not compute them lead by lead on a large database
STAGE_COLUMNS = {"active": "boolean DEFAULT true", "stage_type": "varchar"}
LEAD_COLUMNS = {
    "number": "varchar",
    "number_company_id": "integer",
    "lead_type_id": "integer",
    "stage_type": "varchar",
    "is_urgent": "boolean DEFAULT false",
    "client_status": "varchar DEFAULT 'new'",
    "type_properties": "jsonb",
}


def pre_init_hook(env):
    """Prepare the columns of existing stages and leads; won stages are the qualified ones, all others are open."""
    for table, columns in (("crm_stage", STAGE_COLUMNS), ("crm_lead", LEAD_COLUMNS)):
        for column, definition in columns.items():
            env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    SQL(definition),
                )
            )
    env.cr.execute("UPDATE crm_stage SET stage_type = CASE WHEN is_won THEN 'qualified' ELSE 'open' END")


def uninstall_hook(env):
    """Remove what the module made without an external id, and let go of what is in use: a stage that holds leads stays,
    as Odoo's."""
    lead_types = env["crm.lead.type"].with_context(active_test=False).search([])
    lead_types.menu_id._unlink_with_action()
    lead_types.write(dict.fromkeys(ORDER_STAGES, False))
    env["ir.sequence"].with_context(active_test=False).search([("code", "=", LEAD_NUMBER_CODE)]).unlink()
    preset_stages = env["crm.stage"].with_context(active_test=False).search([("preset_key", "!=", False)])
    used_stages = (
        env["crm.lead"].with_context(active_test=False)._read_group([], aggregates=["stage_id:recordset"])[0][0]
    )
    env["ir.model.data"].search(
        [("module", "=", "crm_lead_lifecycle"), ("model", "=", "crm.stage"), ("res_id", "in", used_stages.ids)]
    ).unlink()
    env["crm.stage.transition"].search([]).unlink()
    (preset_stages - used_stages).unlink()
    # The types and reasons go before the columns that refer to them
    for column in ("lead_type_id", "removal_reason_id"):
        constraint = SQL.identifier(f"crm_lead_{column}_fkey")
        env.cr.execute(SQL("ALTER TABLE crm_lead DROP CONSTRAINT IF EXISTS %s", constraint))
